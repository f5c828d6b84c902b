import pg from 'pg';
import { urlOfDatabase, withDatabase } from '../../../../lib/database/dialects/scratch.js';

/** What the driver makes of it. */
function place(connectionString: string) {
  const { host, port, database, user, password } = new pg.Client({ connectionString });
  return { host, port, database, user, password };
}

describe('The URL of another database', () => {
  it.each([
    'postgres://user:secret@127.0.0.1:5433/app',
    'postgres://user:p%40ss@127.0.0.1:5433/app?sslmode=disable',
    'postgres://127.0.0.1:5433',
    'postgres://127.0.0.1?application_name=app',
    'postgres://[::1]:5433/app',
    'postgres://user@/app?host=/var/run/postgresql',
    'postgres:///app?host=/var/run/postgresql&port=5433',
    'postgres://user@%2Fvar%2Frun%2Fpostgresql/app',
    'postgres://user:secret@first,second/app?options=-c%20a%3Db',
    'socket:/var/run/postgresql?db=app&encoding=utf8',
    'socket:/var/run/postgresql',
    '/var/run/postgresql app',
    '/var/run/postgresql',
    'postgres://user:with spaces@127.0.0.1/app',
  ])('leads to the same server: %s', (url) => {
    expect(place(urlOfDatabase(url, 'other'))).toEqual({ ...place(url), database: 'other' });
  });

  it('keeps several hosts with ports as they stand', () => {
    const url = 'postgres://user@first:5432,second:5433/app?target_session_attrs=read-write';
    expect(urlOfDatabase(url, 'other')).toBe(
      'postgres://user@first:5432,second:5433/other?target_session_attrs=read-write',
    );
  });

  it('is none where there was none', () => {
    const options = { type: 'postgres', url: '', host: '/var/run/postgresql', database: 'app' } as const;
    expect(withDatabase(options, 'other')).toMatchObject({ host: '/var/run/postgresql', database: 'other' });
    expect(withDatabase(options, 'other')).not.toHaveProperty('url', expect.any(String));
  });
});

import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine } from '../../../fixtures/databases.js';

const HOLDS_BACK_MS = 20;

/** Takes everything at once, and sends it late: as a tunnel with a large window does. */
class PatientSocket extends Socket {
  constructor() {
    super({ writableHighWaterMark: 64 * 1024 * 1024 } as object);
    const { _write: one, _writev: several } = Socket.prototype as unknown as Record<
      string,
      (...all: unknown[]) => void
    >;
    const late =
      (send: (...all: unknown[]) => void) =>
      (...all: unknown[]) => {
        setTimeout(() => send.apply(this, all), HOLDS_BACK_MS);
      };
    Object.assign(this, { _write: late(one!), _writev: late(several!) });
  }
}

describeEngine('A restore over a connection that the application has made', 'postgres', (engine) => {
  it('sends each row as it is, however much the stream holds back', async () => {
    const database = await engine.create();
    // Rows of one width without a key: others in their place would be taken.
    await database.query('CREATE TABLE entry (n text NOT NULL, body text NOT NULL)');
    await database.query(
      `INSERT INTO entry SELECT lpad(g::text, 8, '0'), repeat(md5(g::text), 10) FROM generate_series(1, 20000) g`,
    );
    const digest = () =>
      database.query(
        `SELECT count(DISTINCT n)::int AS n, md5(string_agg(md5(n || body), ',' ORDER BY n)) AS digest FROM entry`,
      );
    const extra = { stream: () => new PatientSocket() };
    const app = await backupApp(database, { extra } as Partial<DataSourceOptions>, { unmappedTables: 'include' });
    try {
      const before = await digest();
      const archive = await buffer((await app.service.create()).stream);
      await database.query('DELETE FROM entry');
      await app.get(RestoreService).restore(Readable.from([archive]));
      expect(await digest()).toEqual(before);
      expect(before).toMatchObject([{ n: 20_000 }]);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});

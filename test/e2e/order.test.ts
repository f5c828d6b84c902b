import { rename } from 'node:fs/promises';
import { DatabaseService } from '../../lib/database/database.service.js';
import type { DatabaseLock } from '../../lib/database/dialects/dialect.js';
import { asSystem, body, describeEachAdapter, type Host } from '../fixtures/host.js';
import { secret } from '../fixtures/secrets.js';

const text = { ...asSystem, 'Content-Type': 'text/plain' };
const badFields = { aes_key: secret('not a key'), extra: true, check: 'maybe' };

/** Each request makes every mistake of the rows below it too, as far as one request can. */
describeEachAdapter('The order in which a request is judged', ({ start }) => {
  let host: Host;
  let off: Host;
  let lock: DatabaseLock;
  beforeAll(async () => {
    host = await start();
    off = await start({ options: { enabled: () => false } });
    lock = await host.app.get(DatabaseService, { strict: false }).lock();
    await rename(host.dataDir, `${host.dataDir}-away`);
  });
  afterAll(() => rename(`${host.dataDir}-away`, host.dataDir));

  it('first whether the feature is on: 404', async () => {
    expect((await off.post({ headers: { 'Content-Type': 'text/plain' }, body: badFields })).status).toBe(404);
  });

  it('then whether somebody is logged in: 401', async () => {
    expect((await host.post({ headers: { 'Content-Type': 'text/plain' }, body: badFields })).status).toBe(401);
  });

  it('then who: 403', async () => {
    const answer = await host.post({ headers: { ...text, 'x-user': 'superuser' }, body: badFields });
    expect(answer.status).toBe(403);
    expect(answer.json.message).toContain('system users');
  });

  it('then the kind of body: 415', async () => {
    expect((await host.post({ headers: text, body: badFields })).status).toBe(415);
    expect((await host.post({ headers: text, body: { ...badFields, ...body } })).status).toBe(415);
  });

  it('then whether there is a key: 400', async () => {
    const answer = await host.post({ body: badFields });
    expect(answer.status).toBe(400);
    expect(answer.json.message).toEqual(['key must be a string']);
  });

  it('then the key: 403', async () => {
    const answer = await host.post({ body: { ...badFields, key: secret('a wrong backup key') } });
    expect(answer.status).toBe(403);
    expect(answer.json.message).toContain('key');
  });

  it('then the other fields: 400', async () => {
    const answer = await host.post({ body: { ...badFields, ...body } });
    expect(answer.status).toBe(400);
    expect(answer.json.message).toHaveLength(3);
    expect((await host.post({ body: { ...body, check: true, extra: true } })).status).toBe(400);
  });

  it('then whether it is only a check: 200, although the lock is held and a directory gone', async () => {
    const answer = await host.post({ body: { ...body, check: true } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"ok":true}');
  });

  it('then the lock: 409, although a directory is gone', async () => {
    expect((await host.post()).status).toBe(409);
  });

  it('then what a backup needs: 500', async () => {
    await lock.release();
    expect((await host.post()).status).toBe(500);
  });
});

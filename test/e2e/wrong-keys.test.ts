import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WrongKeyStorage } from 'nestjs-backup';
import { asSystem, describeEachAdapter, type Host, type HostSetup } from '../fixtures/host.js';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { SharedStorage } from '../fixtures/storages.js';

/** One window that lasts from 1970 to after the next thousand years: no test meets its end. */
const ttl = 2 ** 45;
const WRONG = secret('a wrong backup key, number one');
const times = (count: number, key = WRONG) => Array.from({ length: count }, () => key);

/** The user's name is chosen by a header, so that each test has a user of its own. */
const setupWith = (wrongKeys: object): HostSetup => ({
  options: { wrongKeys, identifyUser: (_, request) => request.headers['x-name'] },
});
const called = (name: string) => ({ ...asSystem, 'x-name': name });

/** Answers to checks with these keys, one after the other. */
async function statuses(host: Host, name: string, keys: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const key of keys) found.push((await host.post({ body: { key, check: true }, headers: called(name) })).status);
  return found;
}

describeEachAdapter(
  'Wrong keys',
  ({ start, adapter }) => {
    let host: Host;
    beforeAll(async () => {
      host = await start(setupWith({ ttl }));
    });
    const ask = (name: string, body: unknown) => host.post({ body, headers: called(name) });

    it('are answered five times, and then no key is, the right one neither: 429', async () => {
      expect(await statuses(host, 'one', times(5))).toEqual(times(5).map(() => 403));
      for (const key of [WRONG, BACKUP_KEY]) {
        const answer = await ask('one', { key, check: true });
        expect(answer.status).toBe(429);
        const seconds = Number(answer.headers['retry-after']);
        expect(seconds).toBeGreaterThan(0);
        const message = `There were too many wrong backup keys. Try again in ${seconds} seconds.`;
        expect(answer.json).toEqual({
          statusCode: 429,
          code: 'TOO_MANY_WRONG_KEYS',
          message,
          error: 'Too Many Requests',
        });
      }
    });

    it('are judged after the kind of body and whether there is a key, and before the rest', async () => {
      await statuses(host, 'two', times(5));
      expect((await ask('two', {})).status).toBe(400);
      const text = { ...called('two'), 'Content-Type': 'text/plain' };
      expect((await host.post({ body: 'text', headers: text })).status).toBe(415);
      expect((await ask('two', { key: BACKUP_KEY, extra: 1 })).status).toBe(429);
    });

    it('are counted, and right ones are not; nor do these forgive the others', async () => {
      expect(await statuses(host, 'three', times(10, BACKUP_KEY))).toEqual(times(10).map(() => 200));
      const mixed = times(5).flatMap((key) => [key, BACKUP_KEY]);
      expect(await statuses(host, 'three', mixed)).toEqual([403, 200, 403, 200, 403, 200, 403, 200, 403, 429]);
      expect(await statuses(host, 'three', [WRONG])).toEqual([429]);
    });

    it('are counted for each user and for each address', async () => {
      expect(await statuses(host, 'four', times(6))).toContain(429);
      expect(await statuses(host, 'another', [WRONG, BACKUP_KEY])).toEqual([403, 200]);
      const agent = new Agent({ localAddress: '127.0.0.2' } as object);
      const answer = await host.post({ body: { key: BACKUP_KEY, check: true }, headers: called('four'), agent });
      expect(answer.status).toBe(200);
    });

    it('that come all at once are not more than one after the other', async () => {
      const keys = [...times(60), BACKUP_KEY, ...times(20)];
      const answers = await Promise.all(keys.map((key) => ask('five', { key, check: true })));
      const found = answers.map(({ status }) => status);
      expect(found.filter((status) => status === 403)).toHaveLength(5);
      expect(found.filter((status) => status === 429).length).toBeGreaterThanOrEqual(75);
      expect(await statuses(host, 'five', [BACKUP_KEY])).toEqual([429]);
    });

    it('are counted across hosts that share a storage, which learns neither keys nor names', async () => {
      const storage = new SharedStorage();
      const setup = setupWith({ ttl, storage });
      const [one, other] = [await start(setup), await start(setup)];
      expect(await statuses(one, 'seven', times(3))).toEqual([403, 403, 403]);
      expect(await statuses(other, 'seven', times(3))).toEqual([403, 403, 429]);
      expect(await statuses(one, 'seven', [BACKUP_KEY])).toEqual([429]);
      const asked = JSON.stringify(storage.asked);
      for (const known of [BACKUP_KEY, WRONG, 'seven', '127.0.0.1']) expect(asked).not.toContain(known);
      // As many calls for a right key as for a wrong one.
      expect(storage.asked).toHaveLength(7 * 2);
      for (const [, asking, , blocking, name] of storage.asked) {
        expect([asking, blocking, name]).toEqual([ttl, ttl, 'backup-key']);
      }
    });

    // What follows takes its time, and has nothing to do with the adapter.
    if (adapter !== 'Express') return;

    it('are forgotten when the answer says so', async () => {
      const short = await start(setupWith({ limit: 1, ttl: 2_000 }));
      // From a window's beginning, so that both fall into it.
      await sleep(2_000 - (Date.now() % 2_000));
      expect(await statuses(short, 'six', [WRONG])).toEqual([403]);
      const answer = await short.post({ headers: called('six') });
      expect(answer.status).toBe(429);
      await sleep(Number(answer.headers['retry-after']) * 1_000);
      expect(await statuses(short, 'six', [BACKUP_KEY])).toEqual([200]);
    });

    it('are counted in memory while the storage fails, throws, answers nonsense or not at all', async () => {
      let increment: WrongKeyStorage['increment'];
      const storage: WrongKeyStorage = { increment: (...asked) => increment(...asked) };
      const failing = await start(setupWith({ ttl, limit: 1, storage }));
      const ways: Array<() => Promise<{ totalHits: number }>> = [
        () => Promise.reject(new Error('Connection is closed.')),
        () => fail(),
        async () => ({ totalHits: NaN }),
        () => new Promise<never>(() => {}),
      ];
      for (const [index, way] of ways.entries()) {
        increment = way;
        failing.logs.length = 0;
        expect(await statuses(failing, `name ${index}`, [WRONG, BACKUP_KEY])).toEqual([403, 429]);
        expect(failing.logs.join('\n')).toContain('The storage for wrong keys failed, so they are counted in memory:');
      }
    });
  },
  'sql.js',
);

function fail(): never {
  throw new Error('Connection is closed.');
}

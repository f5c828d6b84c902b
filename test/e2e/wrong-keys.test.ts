import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WrongKeyOptions } from 'nestjs-backup';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';
import { SharedStorage } from '../fixtures/storages.js';

/** One window that lasts from 1970 to after the next thousand years: no test meets its end. */
const ENDLESS = { ttl: 2 ** 45 };
const WRONG = secret('a wrong backup key, number one');
const right = { key: BACKUP_KEY, check: true };

describeEachAdapter(
  'Wrong keys',
  ({ start }) => {
    const hostWith = (wrongKeys: WrongKeyOptions) => start({ options: { wrongKeys } });
    const statuses = async (host: Host, keys: string[], headers: Record<string, string> = asSystem) => {
      const found: number[] = [];
      for (const key of keys) found.push((await host.post({ body: { key, check: true }, headers })).status);
      return found;
    };
    const times = (count: number, key = WRONG) => Array.from({ length: count }, () => key);
    const loggedIn = (user: string) => ({ 'x-user': user });

    it('are answered five times, and then no key is, the right one neither: 429', async () => {
      const host = await hostWith(ENDLESS);
      expect(await statuses(host, times(5))).toEqual(times(5).map(() => 403));
      for (const key of [WRONG, BACKUP_KEY]) {
        const answer = await host.post({ body: { key, check: true } });
        expect(answer.status).toBe(429);
        const seconds = Number(answer.headers['retry-after']);
        expect(seconds).toBeGreaterThan(0);
        const message = `There were too many wrong backup keys. Try again in ${seconds} seconds.`;
        expect(answer.json).toEqual({ statusCode: 429, message, error: 'Too Many Requests' });
      }
    });

    it('are judged after the kind of body and whether there is a key', async () => {
      const host = await hostWith({ ...ENDLESS, limit: 1 });
      expect(await statuses(host, [WRONG, WRONG])).toEqual([403, 429]);
      expect((await host.post({ body: {} })).status).toBe(400);
      expect((await host.post({ body: 'text' })).status).toBe(415);
      expect((await host.post({ body: { ...right, extra: 1 } })).status).toBe(429);
    });

    it('are counted, and right ones are not; nor do these forgive the others', async () => {
      const host = await hostWith({ ...ENDLESS, limit: 3 });
      expect(await statuses(host, times(10, BACKUP_KEY))).toEqual(times(10).map(() => 200));
      expect(await statuses(host, [WRONG, BACKUP_KEY, WRONG, BACKUP_KEY, WRONG])).toEqual([403, 200, 403, 200, 403]);
      expect(await statuses(host, [BACKUP_KEY, WRONG])).toEqual([429, 429]);
    });

    it('are counted for each user and for each address', async () => {
      const host = await start({ options: { wrongKeys: { ...ENDLESS, limit: 1 }, isSystemUser: () => true } });
      expect(await statuses(host, [WRONG, WRONG], loggedIn('system'))).toEqual([403, 429]);
      expect(await statuses(host, [WRONG, WRONG], loggedIn('regular'))).toEqual([403, 429]);
      const elsewhere = new Agent({ localAddress: '127.0.0.2' } as object);
      expect((await host.post({ body: right, agent: elsewhere })).status).toBe(200);
    });

    it('are forgotten when the answer says so', async () => {
      const host = await hostWith({ limit: 1, ttl: 2_000 });
      // From a window's beginning, so that both fall into it.
      await sleep(2_000 - (Date.now() % 2_000));
      expect(await statuses(host, [WRONG])).toEqual([403]);
      const answer = await host.post({ body: right });
      expect(answer.status).toBe(429);
      await sleep(Number(answer.headers['retry-after']) * 1_000);
      expect(await statuses(host, [BACKUP_KEY])).toEqual([200]);
    });

    it('that come all at once are not more than one after the other', async () => {
      const host = await hostWith(ENDLESS);
      const keys = [...times(60), BACKUP_KEY, ...times(20)];
      const answers = await Promise.all(keys.map((key) => host.post({ body: { key, check: true } })));
      const found = answers.map(({ status }) => status);
      expect(found.filter((status) => status === 403)).toHaveLength(5);
      expect(found.filter((status) => status === 429).length).toBeGreaterThanOrEqual(75);
      expect(await statuses(host, [BACKUP_KEY])).toEqual([429]);
    });

    it('are counted across hosts that share a storage, which learns neither keys nor names', async () => {
      const storage = new SharedStorage();
      const [one, other] = [await hostWith({ ...ENDLESS, storage }), await hostWith({ ...ENDLESS, storage })];
      expect(await statuses(one, times(3))).toEqual([403, 403, 403]);
      expect(await statuses(other, times(3))).toEqual([403, 403, 429]);
      expect(await statuses(one, [BACKUP_KEY])).toEqual([429]);
      const asked = JSON.stringify(storage.asked);
      for (const known of [BACKUP_KEY, WRONG, 'ops', '127.0.0.1']) expect(asked).not.toContain(known);
      // As many calls for a right key as for a wrong one.
      expect(storage.asked).toHaveLength(7 * 2);
      for (const [, ttl, , blockDuration, name] of storage.asked) {
        expect([ttl, blockDuration, name]).toEqual([ENDLESS.ttl, ENDLESS.ttl, 'backup-key']);
      }
    });

    it.each([
      ['fails', () => Promise.reject(new Error('Connection is closed.'))],
      ['throws', () => fail()],
      ['answers nonsense', async () => ({ totalHits: NaN })],
      ['does not answer', () => new Promise<never>(() => {})],
    ])('are counted in memory while the storage %s', async (_, increment) => {
      const host = await hostWith({ ...ENDLESS, limit: 1, storage: { increment } });
      expect(await statuses(host, [WRONG, BACKUP_KEY])).toEqual([403, 429]);
      expect(host.logs.join('\n')).toContain('The storage of wrong keys failed; they are counted in memory.');
    });
  },
  'sql.js',
);

function fail(): never {
  throw new Error('Connection is closed.');
}

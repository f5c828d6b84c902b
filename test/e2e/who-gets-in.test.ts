import { describeEachAdapter, ENDPOINT, type Host, type HostSetup } from '../fixtures/host.js';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';

type Key = string | number | null | undefined | object;

const nobody = {};
const as = (user: string) => ({ 'x-user': user });
const users: Array<[string, Record<string, string>]> = [
  ['nobody', nobody],
  ['an unknown user', as('nobody of them')],
  ['a regular user', as('regular')],
  ['a superuser', as('superuser')],
  ['a user who is almost a system user', as('truthy')],
  ['a system user', as('system')],
];

const right: Key[] = [BACKUP_KEY];
const missing: Key[] = [undefined, null, 20, [BACKUP_KEY], { key: BACKUP_KEY }];
const wrong: Key[] = [
  '',
  BACKUP_KEY.slice(0, 1),
  BACKUP_KEY.slice(0, -1),
  `${BACKUP_KEY}x`,
  `${BACKUP_KEY.slice(0, -1)}☁`,
  `x${BACKUP_KEY.slice(1)}`,
  BACKUP_KEY.repeat(1_000),
  'nothing like it at all',
];

/** What the option `enabled` may be: a function, which each case sets, or a constant. */
let flag: () => boolean | Promise<boolean> = fail;
const asked: HostSetup = { options: { enabled: () => flag() } };
const off: Array<[string, HostSetup, typeof flag | undefined]> = [
  ['with enabled: false', { options: { enabled: false } }, undefined],
  ['with enabled: () => false', asked, () => false],
  ['with enabled: async () => false', asked, async () => false],
  ['with a function that throws', asked, () => fail()],
  ['with the extra enabled: false', { extras: { enabled: false } }, undefined],
  ['without a backup key', { options: { backupKey: undefined } }, undefined],
];
const on: Array<[string, HostSetup, typeof flag | undefined]> = [
  ['with enabled: true', { options: { enabled: true } }, undefined],
  ['with enabled: () => true', asked, () => true],
  ['with enabled: async () => true', asked, async () => true],
];

/** Every kind of user with every kind of key, on every setting of the feature flag. */
describeEachAdapter(
  'Who gets in',
  ({ start }) => {
    const hosts = new Map<HostSetup, Promise<Host>>();
    const hostOf = (setup: HostSetup, asking: typeof flag = fail) => {
      flag = asking;
      const made = { ...setup, options: { wrongKeys: { limit: 1_000 }, ...setup.options } };
      const host = hosts.get(setup) ?? start(made);
      hosts.set(setup, host);
      return host;
    };
    const ask = async (host: Host, headers: Record<string, string>, key: Key) => {
      const { status, json, headers: answered } = await host.post({ headers, body: { key: secret(key), check: true } });
      const { date: _, ...told } = answered;
      return { status, json, told };
    };
    const all = [...right, ...missing, ...wrong];

    it.each(off)('nobody %s: 404, whoever asks with whatever key', async (_, setup, asking) => {
      const host = await hostOf(setup, asking);
      const notFound = { statusCode: 404, message: `Cannot POST ${ENDPOINT}` };
      for (const [, headers] of users) {
        for (const key of all) expect(await ask(host, headers, key)).toMatchObject({ status: 404, json: notFound });
      }
    });

    it.each(on)('the system user with the right key %s, and nobody else', async (_, setup, asking) => {
      const host = await hostOf(setup, asking);
      for (const [name, headers] of users) {
        const isSystem = name === 'a system user';
        const expected = !('x-user' in headers) || name === 'an unknown user' ? 401 : 403;
        for (const key of right) expect((await ask(host, headers, key)).status).toBe(isSystem ? 200 : expected);
        for (const key of missing) expect((await ask(host, headers, key)).status).toBe(isSystem ? 400 : expected);
        // No answer differs from another by a byte, so none tells how near the key is.
        const answers = new Set<string>();
        for (const key of wrong) answers.add(JSON.stringify(await ask(host, headers, key)));
        expect(answers.size).toBe(1);
        expect([...answers][0]).toContain(`"status":${isSystem ? 403 : expected}`);
      }
    });
  },
  'sql.js',
);

function fail(): never {
  throw new Error('The license server is away.');
}

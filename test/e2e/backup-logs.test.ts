import { BackupLog } from 'nestjs-backup';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { hostEntities } from '../fixtures/host-entities.js';
import { send } from '../fixtures/http-client.js';
import { until } from '../fixtures/wait.js';

const PATH = '/api/v1/utils/backuplogs';

describeEachAdapter('The history over HTTP', ({ start }) => {
  let host: Host;
  const get = (query = '', headers: Record<string, string> = asSystem, path = `${PATH}/`) =>
    send(host.url + path + query, { method: 'GET', headers });
  beforeAll(async () => {
    hostEntities.push(BackupLog as never);
    host = await start({ extras: { history: true } });
    const rows = host.dataSource.getRepository(BackupLog);
    await rows.clear();
    for (let index = 0; index < 60; index++) {
      const started = new Date(Date.UTC(2026, 0, 1, 0, index));
      await rows.insert({
        id: `old-${index}`,
        kind: 'backup',
        state: 'success',
        via: 'code',
        started,
        finished: started,
      });
    }
  });
  afterAll(() => void hostEntities.pop());

  it('has the newest first, in pages, with and without the slash', async () => {
    const first = await get();
    expect([first.status, first.json.page, first.json.limit, first.json.total]).toEqual([200, 1, 50, 60]);
    expect(first.json.items.map(({ id }: BackupLog) => id).slice(0, 2)).toEqual(['old-59', 'old-58']);
    expect(first.json.items[0]).toMatchObject({ started: '2026-01-01T00:59:00.000Z', user: null, rows: 0 });
    const last = await get('?page=4&limit=19', asSystem, PATH);
    expect(last.json).toMatchObject({
      page: 4,
      limit: 19,
      total: 60,
      items: [{ id: 'old-2' }, { id: 'old-1' }, { id: 'old-0' }],
    });
  });

  it.each(['?page=0', '?page=-1', '?page=x', '?page=1.5', '?limit=0', '?limit=201', '?limit=1&limit=2', '?page='])(
    'answers 400 to %s',
    async (query) => {
      const answer = await get(query);
      expect([answer.status, answer.json.message]).toEqual([
        400,
        [expect.stringContaining('must be a whole number from 1')],
      ]);
    },
  );

  it('is for system users only', async () => {
    expect((await get('', {})).status).toBe(401);
    for (const user of ['regular', 'superuser']) expect((await get('', { 'x-user': user })).status).toBe(403);
  });

  it('tells nothing to the audit when it is read, and of refusals', async () => {
    host.logs.length = 0;
    await get();
    await get('', { 'x-user': 'regular' });
    await until('it is told', () => host.events.length > 0);
    expect(host.events).toMatchObject([{ event: 'backup.refused', reason: 'NOT_SYSTEM_USER', user: 'jane' }]);
  });

  it('has a download, as soon as that is over', async () => {
    const answer = await host.post();
    const { 'x-backup-id': id } = answer.headers;
    const newest = async () => (await get('?limit=1')).json.items[0];
    const isOver = ({ id: found, state }: { id: string; state: string }) => found === id && state === 'success';
    await until('it is there', async () => isOver(await newest()), 5_000);
    expect(await newest()).toMatchObject({
      id,
      kind: 'backup',
      user: 'ops',
      address: '127.0.0.1',
    });
  });

  it('is 404 where there is no history, no backup key, or backups are switched off', async () => {
    for (const setup of [
      {},
      { options: { backupKey: undefined }, extras: { history: true } },
      { extras: { history: true, enabled: false } },
    ]) {
      const other = await start(setup);
      const answer = await send(`${other.url}${PATH}/`, { method: 'GET', headers: asSystem });
      expect(answer.status).toBe(404);
    }
  });

  it('is beside the endpoint, wherever that is', async () => {
    const other = await start({ extras: { history: true, path: 'admin/save' } });
    const answer = await send(`${other.url}/api/v1/admin/backuplogs/`, { method: 'GET', headers: asSystem });
    expect(answer.status).toBe(200);
  });
});

// Columns of a length are columns of a length there.
describeEachAdapter(
  'The row of a backup',
  ({ start }) => {
    it.each([
      ['of 100 characters', '9'.repeat(100)],
      ['of 8 000', '1.2.3.4.'.repeat(1_000)],
      ['that commands a terminal', `1.2.3.4\u001b[2J${'\u009b31m'.repeat(40)}`],
      ['of odd characters', '\u{1f4a9}'.repeat(60)],
    ])('is there when a proxy that is trusted tells an address %s', async (_what, address) => {
      hostEntities.push(BackupLog as never);
      try {
        const host = await start({
          extras: { history: true },
          configure: (app) => void app.getHttpAdapter().getInstance().set('trust proxy', true),
        });
        // A header is bytes.
        const forwarded = Buffer.from(address)
          .toString('latin1')
          .replaceAll(/\p{Cc}/gu, '?');
        const made = await send(host.url + ENDPOINT, { headers: { ...asSystem, 'x-forwarded-for': forwarded }, body });
        expect(made.status).toBe(200);
        const rows = host.dataSource.getRepository(BackupLog);
        const id = String(made.headers['x-backup-id']);
        await until('it is told', async () => (await rows.findOneBy({ id }))?.state === 'success');
        const { address: kept } = await rows.findOneByOrFail({ id });
        expect(kept!.length).toBeLessThanOrEqual(64);
        expect(kept).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        const events = host.events.filter(({ event }) => event.startsWith('backup.'));
        expect(events.every((event) => (event.address ?? '').length <= 64)).toBe(true);
      } finally {
        hostEntities.pop();
      }
    });
  },
  'postgres',
  ['Express'],
);

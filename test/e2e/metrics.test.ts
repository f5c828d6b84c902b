import { asSystem, describeEachAdapter } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';

const PATH = '/api/v1/utils/backup/metrics';

describeEachAdapter('The figures over HTTP', ({ start }) => {
  it('are for system users only, with and without the slash', async () => {
    const host = await start({ extras: { metrics: true } });
    const get = (headers: Record<string, string> = asSystem, path = PATH) =>
      send(host.url + path, { method: 'GET', headers });
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4; ?charset=utf-8$/);
    expect(answer.text).toMatch(/^# TYPE nestjs_backup_runs_total counter$/m);
    expect((await get(asSystem, `${PATH}/`)).status).toBe(200);
    expect((await get({})).status).toBe(401);
    for (const user of ['regular', 'superuser']) expect((await get({ 'x-user': user })).status).toBe(403);
  });

  it('are 404 where nobody asked for them, and where there is no backup key', async () => {
    for (const setup of [{}, { options: { backupKey: undefined }, extras: { metrics: true } }]) {
      const host = await start(setup);
      expect((await send(host.url + PATH, { method: 'GET', headers: asSystem })).status).toBe(404);
    }
  });
});

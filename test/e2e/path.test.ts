import { describeEachAdapter, type Host } from '../fixtures/host.js';

const PREFIX = '/api/v1';

describeEachAdapter('The path', ({ start }) => {
  const statuses = (host: Host, paths: string[], method = 'POST') =>
    Promise.all(paths.map(async (path) => (await host.post({ path: PREFIX + path, method, body: undefined })).status));

  describe.each([
    ['by default', undefined, '/utils/backup'],
    ['of the host’s choice', 'ops/dump', '/ops/dump'],
    ['of the host’s choice, with slashes around', '/ops/dump/', '/ops/dump'],
    ['that is a single segment', 'backup', '/backup'],
  ])('%s', (_, path, served) => {
    let host: Host;
    beforeAll(async () => {
      host = await start({ extras: path === undefined ? {} : { path } });
    });

    // 415 is the answer of our guards to a system user who sends nothing.
    it('is served with and without the trailing slash', async () => {
      expect(await statuses(host, [served, `${served}/`, `${served}?a=1`, `${served}/?a=1`])).toEqual([
        415, 415, 415, 415,
      ]);
    });

    it('is guarded in both forms', async () => {
      for (const ending of ['', '/']) {
        expect((await host.post({ path: PREFIX + served + ending, headers: {} })).status).toBe(401);
        expect((await host.post({ path: PREFIX + served + ending, headers: { 'x-user': 'regular' } })).status).toBe(
          403,
        );
        expect((await host.post({ path: PREFIX + served + ending })).status).toBe(200);
      }
    });

    it('serves nothing below, above or beside it: 404', async () => {
      const others = [`${served}/x`, `${served}/x/`, `${served}//`, `${served}x`, `/x${served}`, '/utils', '/'];
      expect(await statuses(host, others)).toEqual(others.map(() => 404));
      expect((await host.post({ path: served })).status).toBe(404);
      if (path !== undefined) expect(await statuses(host, ['/utils/backup', '/utils/backup/'])).toEqual([404, 404]);
    });

    it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('knows no %s: 404', async (method) => {
      expect(await statuses(host, [served, `${served}/`], method)).toEqual([404, 404]);
    });
  });

  it('warns about nothing at start', async () => {
    const host = await start();
    expect(host.logs.filter((line) => /warn|legacy|unsupported/i.test(line))).toEqual([]);
  });
});

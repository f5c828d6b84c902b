import { BackupModule } from 'nestjs-backup';
import { asSystem, describeEachAdapter, type Host, LoginGuard } from '../fixtures/host.js';
import { BACKUP_KEY } from '../fixtures/secrets.js';

const UNKNOWN = '/api/v1/utils/nothing/';

/**
 * What a stranger sees of the endpoint must be what he sees of a route that never was.
 * @param code of an endpoint that is there, and says 404
 */
async function expectUnknown(host: Host, code?: string): Promise<void> {
  for (const headers of [asSystem, {}]) {
    const unknown = await host.post({ path: UNKNOWN, headers });
    for (const ending of ['', '/', '/?page=1']) {
      const path = `/api/v1/utils/backup${ending}`;
      const answer = await host.post({ path, headers });
      expect(answer.status).toBe(404);
      const text = unknown.text.replace(UNKNOWN, path);
      expect(answer.json).toEqual({ ...JSON.parse(text), ...(code !== undefined && { code }) });
      expect(Object.keys(answer.headers)).toEqual(Object.keys(unknown.headers));
    }
  }
}

const hasRoute = (host: Host) => host.logs.some((line) => line.includes('Mapped {'));

describeEachAdapter('A feature that is off', ({ start }) => {
  it('has no route with enabled: false in forRoot', async () => {
    const host = await start({ options: { enabled: false } });
    expect(hasRoute(host)).toBe(false);
    await expectUnknown(host);
  });

  it('has no route with enabled: false as an extra of forRootAsync', async () => {
    const host = await start({
      imports: () => [BackupModule.forRootAsync({ useFactory: () => ({ backupKey: BACKUP_KEY }), enabled: false })],
    });
    expect(hasRoute(host)).toBe(false);
    await expectUnknown(host);
  });

  it('answers like an unknown route with enabled: false from an async factory', async () => {
    const useFactory = async () => ({ backupKey: BACKUP_KEY, enabled: false });
    const host = await start({ imports: () => [BackupModule.forRootAsync({ useFactory, guards: [LoginGuard] })] });
    await expectUnknown(host, 'NOT_FOUND');
  });

  it('answers like an unknown route without a backup key', async () => {
    const host = await start({ options: { backupKey: undefined } });
    await expectUnknown(host, 'NOT_FOUND');
    expect((await host.post({ body: {} })).status).toBe(404);
    expect((await host.post({ body: { key: '' } })).status).toBe(404);
  });

  it('asks a function on every request', async () => {
    let answer: () => boolean | Promise<boolean> = () => true;
    const host = await start({ options: { enabled: () => answer() } });
    expect((await host.post()).status).toBe(200);
    for (answer of [
      () => false,
      async () => false,
      () => 'yes' as never,
      () => Promise.reject(new Error('flags are down')),
    ]) {
      await expectUnknown(host, 'NOT_FOUND');
    }
    expect(host.logs.join('\n')).toContain('flags are down');
    answer = async () => true;
    expect((await host.post()).status).toBe(200);
  });

  it('asks a function that is an extra of forRootAsync', async () => {
    let on = false;
    const options = { backupKey: BACKUP_KEY };
    const extras = { enabled: () => on, guards: [LoginGuard] };
    const host = await start({ imports: () => [BackupModule.forRootAsync({ useFactory: () => options, ...extras })] });
    await expectUnknown(host, 'NOT_FOUND');
    on = true;
    expect((await host.post()).status).toBe(200);
  });
});

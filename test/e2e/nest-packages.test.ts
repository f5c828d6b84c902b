import { type BackupEvent, BackupModule } from 'nestjs-backup';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { body, describeEachAdapter, LoginGuard } from '../fixtures/host.js';
import { until } from '../fixtures/wait.js';

/** Packages that hosts may have beside; where one is not installed here, its tests are skipped and say so. */
const find = (name: string): Promise<any> => import(name).catch(() => undefined);
const emitting = await find('@nestjs/event-emitter');
const throttling = await find('@nestjs/throttler');

describeEachAdapter(
  'A host with packages of Nest',
  ({ start }) => {
    (emitting ? it : it.skip)('hears events by @OnEvent [@nestjs/event-emitter]', async () => {
      const heard: BackupEvent[] = [];
      class Listener {
        hear(event: BackupEvent): void {
          heard.push(event);
        }
      }
      const method = Object.getOwnPropertyDescriptor(Listener.prototype, 'hear')!;
      emitting.OnEvent('backup.*')(Listener.prototype, 'hear', method);
      const host = await start({
        imports: () => [
          emitting.EventEmitterModule.forRoot({ wildcard: true }),
          BackupModule.forRoot({ backupKey: BACKUP_KEY, guards: [LoginGuard] }),
        ],
        providers: [Listener],
      });
      await host.post();
      await until('three events', () => heard.length === 3);
      expect(heard.map(({ event }) => event)).toEqual(['backup.allowed', 'backup.started', 'backup.finished']);
    });

    (throttling ? it : it.skip)('counts wrong keys in the storage of [@nestjs/throttler]', async () => {
      const storage = new throttling.ThrottlerStorageService();
      const setup = { options: { wrongKeys: { ttl: 2 ** 31, limit: 5, storage } } };
      const hosts = [await start(setup), await start(setup)];
      const ask = { body: { ...body, key: secret('wrong for the throttler'), check: true } };
      const found: number[] = [];
      for (let time = 0; time < 7; time++) found.push((await hosts[time % 2]!.post(ask)).status);
      expect(found).toEqual([403, 403, 403, 403, 403, 429, 429]);
      expect((await hosts[0]!.post()).status).toBe(429);
      storage.onApplicationShutdown();
    });
  },
  'sql.js',
);

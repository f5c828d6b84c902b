import type { BackupEvent } from 'nestjs-backup';
import { describeEachAdapter } from '../fixtures/host.js';
import { until } from '../fixtures/wait.js';

/** What hosts may have beside; where it is not installed here, the test is skipped. */
const emitting: any = await import('@nestjs/event-emitter' as string).catch(() => undefined);

describeEachAdapter(
  'A host with @nestjs/event-emitter',
  ({ start }) => {
    (emitting ? it : it.skip)('hears events by @OnEvent', async () => {
      const heard: BackupEvent[] = [];
      class Listener {
        hear(event: BackupEvent): void {
          heard.push(event);
        }
      }
      const method = Object.getOwnPropertyDescriptor(Listener.prototype, 'hear')!;
      emitting.OnEvent('backup.*')(Listener.prototype, 'hear', method);
      const modules = [emitting.EventEmitterModule.forRoot({ wildcard: true })];
      const host = await start({ modules, providers: [Listener] });
      await host.post();
      await until('three events', () => heard.length === 3);
      expect(heard.map(({ event }) => event)).toEqual(['backup.allowed', 'backup.started', 'backup.finished']);
    });
  },
  'sql.js',
);

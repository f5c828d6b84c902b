import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import type { BackupEvent } from 'nestjs-backup';
import { describeEachAdapter } from '../fixtures/host.js';
import { until } from '../fixtures/wait.js';

describeEachAdapter(
  'A host with @nestjs/event-emitter',
  ({ start }) => {
    it('hears events by @OnEvent', async () => {
      const heard: BackupEvent[] = [];
      class Listener {
        hear(event: BackupEvent): void {
          heard.push(event);
        }
      }
      const method = Object.getOwnPropertyDescriptor(Listener.prototype, 'hear')!;
      OnEvent('backup.*')(Listener.prototype, 'hear', method);
      const modules = [EventEmitterModule.forRoot({ wildcard: true })];
      const host = await start({ modules, providers: [Listener] });
      await host.post();
      await until('three events', () => heard.length === 3);
      expect(heard.map(({ event }) => event)).toEqual(['backup.allowed', 'backup.started', 'backup.finished']);
    });
  },
  'sql.js',
);

import type { DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, type BackupModuleOptions, BackupStore } from 'nestjs-backup';
import { AuditService } from '../../../lib/audit/audit.service.js';
import { BackupScheduleModule, type BackupScheduleOptions } from '../../../lib/schedule/index.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { watchForSecrets } from '../../fixtures/secrets.js';

export const YEARLY = { cron: '0 0 1 1 *', destinations: ['vault'] };

/** Applications with schedules, each closed when its test ends. */
export function scheduledApps() {
  const apps: TestingModule[] = [];
  const events: string[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
    events.length = 0;
  });

  async function start(
    schedule: BackupScheduleOptions | DynamicModule,
    options: BackupModuleOptions = {},
    others: DynamicModule[] = [ScheduleModule.forRoot()],
    database = ':memory:',
  ): Promise<BackupStore> {
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'better-sqlite3', database }),
        BackupModule.forRoot({ destinations: { vault: new MemoryDestination() }, ...options }),
        'module' in schedule ? schedule : BackupScheduleModule.forRoot(schedule),
        ...others,
      ],
    }).compile();
    apps.push(app);
    app.useLogger(false);
    app.get(AuditService, { strict: false }).listen(({ event }) => events.push(event));
    await app.init();
    watchForSecrets(app.get(BackupStore), 'store');
    return app.get(BackupStore);
  }

  return { apps, events, start };
}

export async function stored(store: BackupStore) {
  return (await store.list('vault')).filter(({ result }) => result === 'success');
}

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BackupModuleOptions, RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { engine } from '../fixtures/databases.js';
import { fillZoo, zooEntities } from '../fixtures/zoo.entities.js';

const LIMITS: Array<[NonNullable<BackupModuleOptions['archiveLimits']>, string]> = [
  [{ entries: 3 }, '4 entries, more than the limit of 3'],
  [{ directoryBytes: 100 }, 'more than the limit of 100'],
  [{ nameBytes: 5 }, 'longer than 5 bytes'],
  [{ manifestBytes: 10 }, 'more than 10'],
  [{ expandedBytes: 100 }, 'limit of 100 bytes'],
  [{ lineBytes: 10 }, 'longer than 10 bytes'],
];

describe('The option archiveLimits', () => {
  const apps: BackupApp[] = [];
  const open = async (options: BackupModuleOptions) => {
    const database = await engine('sql.js').create();
    const app = await backupApp(
      database,
      { entities: zooEntities, synchronize: true },
      { ...options, appVersion: '1' },
    );
    apps.push(app);
    return app;
  };
  let archive: Buffer;
  beforeAll(async () => {
    const source = await open({});
    await fillZoo(source.dataSource);
    // A line is read with what is around it, so the limit of lines shows only beyond a block.
    await source.dataSource.query(`INSERT INTO tag (name) VALUES ('${'n'.repeat(600_000)}')`);
    archive = await buffer((await source.service.create()).stream);
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
  });
  const restore = (app: BackupApp) => app.get(RestoreService).restore(Readable.from([archive]));

  it.each(LIMITS)('refuses what is beyond %j', async (archiveLimits, problem) => {
    const app = await open({ archiveLimits });
    const message = expect.stringContaining(problem);
    await expect(restore(app)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID', message });
  });

  it('lets pass what is within', async () => {
    const app = await open({ archiveLimits: { entries: 4, lineBytes: 700_000, expandedBytes: 1_000_000 } });
    expect((await restore(app)).complete).toBe(true);
  });
});

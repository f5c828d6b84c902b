import { BackupService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { describeEachEngine } from '../fixtures/databases.js';
import { StoringHost } from '../fixtures/storing-host.js';

describeEachEngine('Records that processes share', (engine) => {
  let host: StoringHost;
  let databases: DatabaseService;
  beforeAll(async () => {
    host = await StoringHost.start(engine, {});
    databases = host.app.get(DatabaseService, { strict: false });
  });
  afterAll(() => host.close());

  it('are there for every connection, until they are removed', async () => {
    const [one, other] = await Promise.all([databases.openRecords(), databases.openRecords()]);
    await one.write('run.1', '{"a":"ä ☂ \' \\\\ \\u0000"}');
    await one.write('run.1', '{"b":1}');
    await other.write('run.2', '[]');
    const found = await other.all();
    expect(found.map(({ name, value }) => [name, value]).toSorted()).toEqual([
      ['run.1', '{"b":1}'],
      ['run.2', '[]'],
    ]);
    for (const { age } of found) {
      expect(age).toBeGreaterThanOrEqual(-1);
      expect(age).toBeLessThan(60_000);
    }
    await other.remove('run.1');
    await other.remove('run.1');
    expect((await one.all()).map(({ name }) => name)).toEqual(['run.2']);
    await one.write('run.1', '"ä ☂ \' \\\\"');
    expect((await other.all()).find(({ name }) => name === 'run.1')!.value).toBe('"ä ☂ \' \\\\"');
    await one.close();
    await other.close();
  });

  it('can be opened by many at the same time where there are none yet', async () => {
    const fresh = await StoringHost.start(engine, {});
    const open = () => fresh.app.get(DatabaseService, { strict: false }).openRecords();
    const stores = await Promise.all(Array.from({ length: 5 }, open));
    await Promise.all(stores.map((store, index) => store.write(`run.${index}`, '1')));
    expect(await stores[0]!.all()).toHaveLength(5);
    for (const store of stores) await store.close();
    await fresh.close();
  });

  it('are in no backup, and no reason for a warning', async () => {
    const records = await databases.openRecords();
    await records.write('run.1', '1');
    await records.close();
    const backup = await host.app.get(BackupService).create();
    backup.stream.resume();
    const manifest = await backup.manifest;
    expect(manifest.tables.map(({ name }) => name)).toEqual(['note']);
    expect(manifest.warnings).toEqual([]);
    await host.unlocked();
  });
});

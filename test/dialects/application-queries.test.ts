import { type DataSource, type EntitySubscriberInterface } from 'typeorm';
import { DatabaseService } from '../../lib/database/database.service.js';
import { RESTORE_TABLE } from '../../lib/database/dialects/restore-dialect.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEachEngine, type TestDatabase } from '../fixtures/databases.js';

/** Does something once, right before the application reads the marks of restores. */
function beforeReadingMarks(dataSource: DataSource, act: () => Promise<unknown>): { readonly happened: boolean } {
  const state = { happened: false };
  const subscriber: EntitySubscriberInterface = {
    beforeQuery: async ({ query }) => {
      if (state.happened || !query.startsWith('SELECT own.')) return;
      state.happened = true;
      await act();
    },
  };
  dataSource.subscribers.push(subscriber);
  return state;
}

describeEachEngine('The marks of restores, read while another process restores', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;
  const create = `CREATE TABLE ${RESTORE_TABLE} (id VARCHAR(36) NOT NULL PRIMARY KEY)`;
  const drop = `DROP TABLE ${RESTORE_TABLE}`;
  beforeEach(async () => {
    database = await engine.create();
    app = await backupApp(database);
    await database.query(create);
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  it('are none if their table is dropped after it was found', async () => {
    const state = beforeReadingMarks(app.dataSource, () => database.query(drop));
    expect(await app.get(DatabaseService).hasRestoreMarks()).toBe(false);
    expect(state.happened).toBe(true);
  });

  it('are found in a table that was made anew meanwhile, and an error of a table that stays is reported', async () => {
    const state = beforeReadingMarks(app.dataSource, async () => {
      await database.query(drop);
      await database.query(create);
      await database.query(`INSERT INTO ${RESTORE_TABLE} VALUES ('one')`);
    });
    expect(await app.get(DatabaseService).hasRestoreMarks()).toBe(true);
    expect(state.happened).toBe(true);
    await database.query(drop);
    await database.query(`CREATE TABLE ${RESTORE_TABLE} (other VARCHAR(36) NOT NULL PRIMARY KEY)`);
    await expect(app.get(DatabaseService).hasRestoreMarks()).rejects.toThrow(/column|Unknown/i);
  });
});

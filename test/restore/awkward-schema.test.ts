import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { createAwkward, fillAwkward, fillOtherwise, goOn } from '../fixtures/awkward-schema.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { databaseState } from '../fixtures/database-state.js';
import { describeEachEngine, type TestDatabase } from '../fixtures/databases.js';

describeEachEngine(
  'A restore through cycles, self references, triggers and keys that only the database gives',
  (engine) => {
    const databases: TestDatabase[] = [];
    const apps: BackupApp[] = [];

    const open = async () => {
      const database = await engine.create();
      databases.push(database);
      const app = await backupApp(database, {}, { unmappedTables: 'include' });
      apps.push(app);
      await createAwkward(engine, app.dataSource);
      return { app, state: () => databaseState(engine, database), source: app.dataSource };
    };
    afterEach(async () => {
      for (const app of apps.splice(0)) await app.close();
      for (const database of databases.splice(0)) await database.drop();
    });

    it('leaves everything as it was, triggers, constraints and counters too, and the application goes on', async () => {
      const from = await open();
      const to = await open();
      await fillAwkward(engine, from.source);
      await fillOtherwise(engine, to.source);
      const saved = await from.state();
      expect(saved.tables).toMatchObject({
        hen: expect.stringMatching(/^3 rows/),
        egg: expect.stringMatching(/^2 rows/),
      });
      expect(saved).not.toEqual(await to.state());

      const archive = await buffer((await from.app.service.create()).stream);
      await to.app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      expect(await to.state()).toEqual(saved);

      // The triggers fire again, and the keys are those that come next: in both, the same ones.
      for (const { source } of [from, to]) await goOn(engine, source);
      const [row] = await to.source.query(`SELECT id, name FROM hen WHERE id > 3`);
      expect(row).toEqual({ id: 5, name: 'NEW' });
      expect(await to.state()).toEqual(await from.state());
    });
  },
);

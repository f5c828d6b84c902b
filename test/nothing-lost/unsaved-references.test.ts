import { EntitySchema } from 'typeorm';
import { backupApp } from '../fixtures/backup.js';
import { describeEachEngine } from '../fixtures/databases.js';

const Parent = new EntitySchema({
  name: 'Parent',
  tableName: 'parent',
  columns: { id: { type: Number, primary: true } },
});

describeEachEngine('Tables that are not saved and refer to saved ones', (engine) => {
  it('are named by the backup, since they stand in the way of a restore', async () => {
    const database = await engine.create();
    const app = await backupApp(database, { entities: [Parent], synchronize: true });
    try {
      for (const sql of [
        'CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER, CONSTRAINT up FOREIGN KEY (parent) REFERENCES parent (id))',
        'CREATE TABLE apart (id INTEGER PRIMARY KEY)',
      ]) {
        await app.dataSource.query(sql);
      }
      const { manifest } = await app.backUp();
      const named = manifest.warnings.filter((warning) => warning.startsWith('Rows of'));
      expect(named).toEqual([
        expect.stringMatching(
          /^Rows of "child", which are not saved, may refer by ".+" to rows of "parent": a restore/,
        ),
      ]);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});

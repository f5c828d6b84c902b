import { type BackupApp, backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { createPostgresRole } from '../../../fixtures/postgres-role.js';
import { backUp, Invoice, restore } from './invoice.js';

describeEngine('A role that owns one schema', 'postgres', (engine) => {
  it('backs its schema up and restores it, whatever the others hold', async () => {
    const database = await engine.create();
    const [mine, theirs] = [await createPostgresRole(database), await createPostgresRole(database)];
    let app: BackupApp | undefined;
    try {
      await database.query(`CREATE SCHEMA mine AUTHORIZATION ${mine.name}`);
      await database.query(`CREATE SCHEMA theirs AUTHORIZATION ${theirs.name}`);
      const as = async (role: { name: string }, ...sql: string[]) => {
        for (const statement of [`SET ROLE ${role.name}`, ...sql, 'RESET ROLE']) await database.query(statement);
      };
      await as(
        theirs,
        'CREATE TABLE theirs.t (id serial PRIMARY KEY)',
        'CREATE SEQUENCE theirs.free',
        'CREATE MATERIALIZED VIEW theirs.seen AS SELECT * FROM theirs.t',
      );
      await as(
        mine,
        'CREATE TABLE mine.invoice (id serial PRIMARY KEY, text text NOT NULL, up int REFERENCES mine.invoice)',
      );
      await as(mine, 'CREATE MATERIALIZED VIEW mine.seen AS SELECT count(*)::int AS n FROM mine.invoice');
      await as(mine, `INSERT INTO mine.invoice (text, up) VALUES ('one', 1)`);
      app = await backupApp(
        { options: { ...mine.options, schema: 'mine' } as TestDatabase['options'] },
        { entities: [Invoice] },
      );
      const { archive } = await backUp(app);
      await as(mine, `INSERT INTO mine.invoice (text) VALUES ('lost')`);
      const { warnings } = await restore(app, archive);
      expect(await database.query('SELECT id, text FROM mine.invoice')).toEqual([{ id: 1, text: 'one' }]);
      expect(await database.query('SELECT n FROM mine.seen')).toEqual([{ n: 1 }]);
      expect(warnings.join('\n')).not.toContain('still holds');
      await app.close();
      app = undefined;
      await as(mine, `ALTER TABLE mine.invoice OWNER TO ${mine.name}`);
      await database.query(`ALTER TABLE mine.invoice OWNER TO ${theirs.name}`);
      await database.query(`GRANT ALL ON mine.invoice, mine.invoice_id_seq TO ${mine.name}`);
      app = await backupApp(
        { options: { ...mine.options, schema: 'mine' } as TestDatabase['options'] },
        { entities: [Invoice] },
      );
      await expect(restore(app, archive)).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('"mine.invoice" does not belong to the database role'),
      });
    } finally {
      await app?.close();
      for (const role of [mine, theirs]) await role.drop();
      await database.drop();
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { EntitySchema } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { contentOf } from '../fixtures/content/index.js';
import { describeEachEngine, describeEngine, describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { letInto, nameOf } from '../fixtures/mysql-users.js';
import { Pair } from '../fixtures/pair.js';

const entityIn = (place: { database?: string; schema?: string }) =>
  new EntitySchema({
    name: 'Note',
    tableName: 'no"te',
    ...place,
    columns: { id: { type: Number, primary: true }, text: { type: String } },
  });

/** Saves an application, loses what `lose` says, and restores into the same place. */
async function loseAndRestore(app: BackupApp, ...lose: string[]): Promise<string[]> {
  const { stream, manifest } = await app.service.create();
  const archive = await buffer(stream);
  for (const statement of lose) await app.dataSource.query(statement);
  await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
  return (await manifest).tables.map(({ name }) => name);
}

describeEachEngine('a second DataSource', (engine) => {
  it('is the one that is saved and restored, where the option names it; the first is left alone', async () => {
    const [first, second] = [await engine.create(), await engine.create()];
    const more = [{ ...second.options, name: 'second' }];
    const app = await backupApp(first, {}, { dataSource: 'second', unmappedTables: 'include' }, more);
    try {
      for (const { query } of [first, second]) {
        await query('CREATE TABLE t (id int PRIMARY KEY)');
        await query('INSERT INTO t VALUES (1), (2)');
      }
      await second.query('CREATE TABLE only_here (id int PRIMARY KEY)');
      const { stream, manifest } = await app.service.create();
      const archive = await buffer(stream);
      expect((await manifest).tables.map(({ name }) => name)).toEqual(['only_here', 't']);
      for (const { query } of [first, second]) await query('DELETE FROM t WHERE id = 2');
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      expect(await second.query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
      expect(await first.query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }]);
    } finally {
      await app.close();
      await first.drop();
      await second.drop();
    }
  });
});

describeEngine('several schemas', 'postgres', (engine) => {
  it('of the same table names, mapped and not, come back each in its own', async () => {
    const names = ['a.b', 'a', `"q"`, '表'.repeat(20)];
    const tables = names.map((name) => `"${name.replaceAll('"', '""')}"."b"`);
    const schema = [
      ...names.map((name) => `CREATE SCHEMA "${name.replaceAll('"', '""')}"`),
      ...[...tables, 'public.b', `a."no""te"`].map((table) => `CREATE TABLE ${table} (id int PRIMARY KEY, text text)`),
    ];
    const pair = await Pair.open(engine, { schema, dataSource: { entities: [entityIn({ schema: 'a' })] } });
    try {
      for (const [id, table] of [...tables, 'public.b', `a."no""te"`].entries()) {
        await pair.source.query(`INSERT INTO ${table} VALUES (${id}, 'row of ${id}')`);
      }
      await pair.carry();
      expect(Object.keys((await pair.expectEqual()).tables)).toHaveLength(6);
    } finally {
      await pair.close();
    }
  });
});

describeMysqlEngines('several databases of one server', (engine) => {
  it('that entities map come back together', async () => {
    const [main, other] = [await engine.create(), await engine.create()];
    await letInto(other, main);
    const app = await backupApp(
      main,
      { entities: [entityIn({ database: nameOf(other) })], synchronize: true },
      { unmappedTables: 'include' },
    );
    try {
      await main.query('CREATE TABLE here (id INT PRIMARY KEY)');
      await main.query('INSERT INTO here VALUES (1)');
      await other.query('INSERT INTO `no"te` VALUES (1, ?)', ['there']);
      const before = [await contentOf(engine, main), await contentOf(engine, other)];
      const saved = await loseAndRestore(app, 'DELETE FROM here', `DELETE FROM \`${nameOf(other)}\`.\`no"te\``);
      expect(saved.toSorted()).toEqual(['here', `${nameOf(other)}.no"te`]);
      expect([await contentOf(engine, main), await contentOf(engine, other)]).toEqual(before);
    } finally {
      await app.close();
      await main.drop();
      await other.drop();
    }
  });
});

describeEngine('several files', 'better-sqlite3', (engine) => {
  it('that entities map come back together', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-files-'));
    const main: TestDatabase = await engine.create();
    const other = { ...main, options: { ...main.options, database: join(folder, 'other.sqlite') } } as TestDatabase;
    const app = await backupApp(
      main,
      { entities: [entityIn({ database: join(folder, 'other.sqlite') })], synchronize: true },
      { unmappedTables: 'include' },
    );
    try {
      const { tablePath } = app.dataSource.getMetadata('Note');
      const table = `"${tablePath.slice(0, tablePath.indexOf('.'))}"."no""te"`;
      await app.dataSource.query('CREATE TABLE here (id int PRIMARY KEY)');
      await app.dataSource.query('INSERT INTO here VALUES (1)');
      await app.dataSource.query(`INSERT INTO ${table} VALUES (1, 'there')`);
      const before = [await contentOf(engine, main), await contentOf(engine, other)];
      expect(await loseAndRestore(app, 'DELETE FROM here', `DELETE FROM ${table}`)).toHaveLength(2);
      expect([await contentOf(engine, main), await contentOf(engine, other)]).toEqual(before);
      expect(before[1]!.tables['no"te']!.rows).toBe('1');
    } finally {
      await app.close();
      await main.drop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

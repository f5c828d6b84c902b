import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { EntitySchema } from 'typeorm';
import { type BackupApp, backupApp, readBackup } from '../../fixtures/backup.js';
import { describeEngine, engine as engineNamed, type TestDatabase } from '../../fixtures/databases.js';
import { temporaryDirectory } from '../../fixtures/files.js';
import { type OtherSession, otherSession } from '../../fixtures/other-session.js';

const id = { type: 'integer', primary: true, generated: 'increment' } as const;
const text = { type: 'text' } as const;
const near = new EntitySchema({ name: 'near', columns: { id, text } });
const far = new EntitySchema({ name: 'far', columns: { id, text, nearId: { type: 'integer' } } });
const both = new EntitySchema({ name: 'both', columns: { id, text } });
const bare = [near, far, both];
const named = new EntitySchema({ name: 'named', schema: 'behind', columns: { id, text } });

const SCHEMA = [
  'CREATE SCHEMA "in Front"',
  'CREATE SCHEMA behind',
  'CREATE TABLE "in Front".near (id serial PRIMARY KEY, text text NOT NULL)',
  `CREATE TABLE behind.far (id serial PRIMARY KEY, text text NOT NULL,
     "nearId" int NOT NULL REFERENCES "in Front".near)`,
  'CREATE TABLE behind.named (id serial PRIMARY KEY, text text NOT NULL)',
  'CREATE TABLE "in Front".both (id serial PRIMARY KEY, text text NOT NULL)',
  'CREATE TABLE behind.both (id serial PRIMARY KEY, text text NOT NULL)',
];
const PATH = '"in Front", behind';
const CONTENT = `SELECT json_build_object(
  'near', (SELECT json_agg(n ORDER BY id) FROM "in Front".near n), 'far', (SELECT json_agg(f ORDER BY id) FROM behind.far f),
  'named', (SELECT json_agg(n ORDER BY id) FROM behind.named n), 'both', (SELECT json_agg(b) FROM "in Front".both b),
  'other', (SELECT json_agg(b) FROM behind.both b)) AS content`;

describeEngine('Tables behind the first schema of the search path', 'postgres', (engine) => {
  const folder = temporaryDirectory();
  let database: TestDatabase;
  let other: OtherSession;
  let app: BackupApp | undefined;

  beforeEach(async () => {
    database = await engine.create();
    other = await otherSession(database);
    for (const sql of SCHEMA) await other.run(sql);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await other.end();
    await database.drop();
  });

  const content = async () => (await database.query(CONTENT))[0]!['content'];
  /** The application writes through its entities, and so finds them by the search path. */
  const fill = async ({ dataSource }: BackupApp, entities: readonly EntitySchema[]) => {
    await other.run(`INSERT INTO behind.both (text) VALUES ('of somebody else')`);
    await dataSource.getRepository(near).insert([{ text: 'n1' }, { text: 'n2' }]);
    await dataSource.getRepository(far).insert([{ text: 'f1', nearId: 2 }]);
    for (const one of entities.slice(2)) await dataSource.getRepository(one).insert([{ text: one.options.name }]);
  };

  it.each([
    ['the option options', { options: `-c search_path="in\\ Front",behind` }, undefined],
    ['a setting of the role', {}, (name: string) => `ALTER ROLE CURRENT_USER IN DATABASE "${name}" SET`],
    ['a setting of the database', {}, (name: string) => `ALTER DATABASE "${name}" SET`],
  ])('are saved, restored and tested, by %s', async (_, extra, set) => {
    const [{ name }] = (await database.query('SELECT current_database() AS name')) as [{ name: string }];
    if (set) await other.run(`${set(name)} search_path = ${PATH}`);
    const entities = [...bare, named];
    app = await backupApp(database, { entities, extra }, {});
    await fill(app, entities);
    const before = await content();
    const archive = await buffer((await app.service.create()).stream);
    const { manifest, of } = await readBackup(archive);
    expect(manifest.tables.map((table) => [table.name, table.entities])).toEqual(
      expect.arrayContaining([
        ['near', ['near']],
        ['far', ['far']],
        ['both', ['both']],
        ['behind.named', ['named']],
      ]),
    );
    expect(manifest.tables).toHaveLength(4);
    expect(manifest.warnings.join()).toContain('"behind.both" is mapped by no entity');
    expect(manifest.warnings.join()).not.toContain('does not exist');
    expect(of('far')).toEqual([{ model: 'far', pk: 1, fields: { text: 'f1', nearId: 2 } }]);

    await app.dataSource.query('UPDATE far SET text = $1', ['changed']);
    await app.dataSource.query('DELETE FROM behind.named');
    await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    expect(await content()).toEqual(before);
    await app.dataSource.getRepository(far).insert({ text: 'f2', nearId: 1 });
    expect(await app.dataSource.query('SELECT max(id) AS id FROM behind.far')).toEqual([{ id: 2 }]);

    const file = join(folder.path, `${name}.zip`);
    writeFileSync(file, archive);
    const tested = await app.get(RestoreService).verify(file, { restore: true });
    expect(tested).toMatchObject({ restoreTest: expect.anything() });
  });

  it('are translated to another engine and back', async () => {
    const extra = { options: `-c search_path="in\\ Front",behind` };
    app = await backupApp(database, { entities: bare, extra }, {});
    await fill(app, bare);
    const before = await content();
    const file = await engineNamed('better-sqlite3').create();
    const lite = await backupApp(file, { entities: bare, synchronize: true }, {});
    const translate = async (from: BackupApp, to: BackupApp) => {
      const archive = await buffer((await from.service.create()).stream);
      await to.get(RestoreService).restore(Readable.from([archive]), { translate: true, replace: true });
    };
    try {
      await translate(app, lite);
      expect(await lite.dataSource.getRepository(far).find()).toEqual([{ id: 1, text: 'f1', nearId: 2 }]);
      await app.dataSource.query('DELETE FROM far');
      await translate(lite, app);
      expect(await content()).toEqual(before);
    } finally {
      await lite.close();
      await file.drop();
    }
  });
});

import BetterSqlite3 from 'better-sqlite3';
import { EntitySchema } from 'typeorm';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { read } from '../support/lines.js';
import { FILES, fill, type Kind, sqliteSuite } from './harness.js';

const { cleanup, connect, connectFilled, copies, directory, open, repeat } = sqliteSuite();

describe('databases attached to SQLite', () => {
  const noteIn = (database: string) =>
    new EntitySchema<{ id: number; text: string }>({
      name: 'Note',
      tableName: 'note',
      database,
      columns: { id: { type: 'integer', primary: true, generated: 'increment' }, text: { type: 'text' } },
    });
  const notesPath = () => directory.at('notes.sqlite');

  async function connectWithNotes(kind: Kind) {
    // TypeORM looks for the file beside the main one, which ':memory:' is not.
    const entities = [noteIn(kind === ':memory:' ? notesPath() : 'notes.sqlite')];
    const dataSource = await connect(kind, 'app', { entities, synchronize: true });
    await dataSource.getRepository('Note').save([{ text: 'one' }, { text: 'two' }]);
    return dataSource;
  }

  it.each(['WAL file', 'rollback journal', ':memory:'] as const)('are part of the snapshot (%s)', async (kind) => {
    const dataSource = await connectWithNotes(kind);
    const dialect = sqliteDialect(dataSource);
    const location = dialect.locate(dataSource.getMetadata('Note'));
    const snapshot = await open(dataSource);
    expect(location.schema).not.toBeNull();
    expect(snapshot.tables).toContainEqual(expect.objectContaining(location));
    expect((await read(snapshot, 'note')).map(({ fields }) => fields.text)).toEqual(['one', 'two']);
    expect(await snapshot.sequences(snapshot.tables)).toEqual([{ name: `${location.schema}.note`, value: '2' }]);
    expect(copies()).toEqual([]);
  });

  it('show the same moment as the main file, although both are written to', async () => {
    const dataSource = await connectWithNotes('rollback journal');
    const { schema } = sqliteDialect(dataSource).locate(dataSource.getMetadata('Note'));
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
    await dataSource.query(fill(60_000));
    await dataSource.query('CREATE TABLE money (v int)');
    await dataSource.query('INSERT INTO money VALUES (1000)');
    await dataSource.query(`CREATE TABLE "${schema}".saved (v int)`);
    await dataSource.query(`INSERT INTO "${schema}".saved VALUES (0)`);
    // Pauses long enough for a copy, and too short for one, however slow the machine.
    const writer = repeat(
      () => Math.random() * 300,
      () =>
        dataSource.transaction(async (manager) => {
          await manager.query('UPDATE money SET v = v - 1');
          await manager.query('UPDATE saved SET v = v + 1');
        }),
    );
    for (let round = 0; round < 8; round++) {
      const snapshot = await open(dataSource);
      const [money, saved] = [await read(snapshot, 'money'), await read(snapshot, 'saved')];
      expect(Number(money[0]!.fields.v) + Number(saved[0]!.fields.v)).toBe(1000);
      await snapshot.close();
    }
    await writer.stop();
  });

  it('are locked too, since they may be the main file of another application', async () => {
    const dialect = sqliteDialect(await connectWithNotes('rollback journal'));
    const other = sqliteDialect(await connect('rollback journal', 'app', { database: notesPath() }));
    const lock = await other.lock();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    const both = await dialect.lock();
    await expect(other.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await both.release();
  });

  it.each(FILES)('may be attached by the preparation of every connection (%s)', async (kind) => {
    const extra = directory.at('extra.sqlite');
    const file = new BetterSqlite3(extra);
    if (kind === 'WAL file') file.pragma('journal_mode = WAL');
    file.exec("CREATE TABLE more (v text); INSERT INTO more VALUES ('there')");
    cleanup(() => file.close());
    const dataSource = await connect(kind, 'app', {
      prepareDatabase: (database: BetterSqlite3.Database) => void database.exec(`ATTACH '${extra}' AS extra`),
    });
    await dataSource.query('CREATE TABLE t (id integer)');
    expect((await read(await open(dataSource), 'more')).map(({ fields }) => fields.v)).toEqual(['there']);
  });

  it('are named when they exist in memory only', async () => {
    const dataSource = await connectFilled('rollback journal', 1);
    await dataSource.query("ATTACH ':memory:' AS scratch");
    const { caveats, tables } = await open(dataSource);
    expect(caveats).toEqual([expect.stringContaining('"scratch"')]);
    expect(tables).toHaveLength(1);
  });
});

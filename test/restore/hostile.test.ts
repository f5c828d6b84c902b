import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { RestoreService } from 'nestjs-backup';
import { explain } from '../../lib/errors/explain.js';
import { type BackupApp, backupApp, readBackup } from '../fixtures/backup.js';
import { describeSomeEngines, type Engine, type TestDatabase } from '../fixtures/databases.js';
import { forge, type Parts } from '../fixtures/forged-archive.js';
import { itUnless } from '../fixtures/unless.js';
import { allowing } from '../fixtures/wait.js';
import { fillZoo, Tag, zooEntities } from '../fixtures/zoo.entities.js';

const TITLE = 'An archive from a hostile hand';
const SQL = `x"; DROP TABLE tag; -- '; DROP TABLE tag; -- \`; DROP TABLE tag; --`;
const VALUE = 'a value that nobody may see';
const tableOf = ({ manifest }: Parts, name: string) => manifest.tables.find((table: any) => table.name === name);
const rename = (parts: Parts, name: string) => {
  const table = tableOf(parts, 'tag');
  Object.assign(table, { name, table: name });
  const lines = parts.lines.tag!.map((line) => JSON.stringify({ ...JSON.parse(line), model: name }));
  parts.lines = { ...parts.lines, [name]: lines };
};
const addColumn = (parts: Parts, name: string) => {
  tableOf(parts, 'animal').columns.push({ name, type: 'text', encoding: 'text' });
  parts.lines.animal = parts.lines.animal!.map((line) =>
    line.replace('"fields":{', `"fields":{${JSON.stringify(name)}:"x",`),
  );
};
const addLine = (parts: Parts, line: string) => parts.lines.tag!.push(line);

const MALICE: Array<[what: string, change: (parts: Parts) => void, problem: RegExp]> = [
  ['a table that is not there', (parts) => rename(parts, 'nowhere'), /Table "nowhere" is in the archive and not in/],
  ['SQL for the name of a table', (parts) => rename(parts, SQL), /is in the archive and not in the target/],
  ['__proto__ for the name of a table', (parts) => rename(parts, '__proto__'), /is in the archive and not in/],
  ['a column that is not there', (parts) => addColumn(parts, 'nowhere'), /Column "animal.nowhere" is in the archive/],
  ['SQL for the name of a column', (parts) => addColumn(parts, SQL), /is in the archive and not in the target/],
  ['__proto__ for the name of a column', (parts) => addColumn(parts, '__proto__'), /__proto__" is in the archive/],
  [
    'constructor for the name of a column',
    (parts) => addColumn(parts, 'constructor'),
    /constructor" is in the archive/,
  ],
  [
    'SQL for the type of a column',
    (parts) => (tableOf(parts, 'tag').columns[0].type = `text character set ${SQL}`),
    /in the archive and .* in the target/,
  ],
  [
    'SQL for a schema',
    (parts) => Object.assign(tableOf(parts, 'tag'), { schema: SQL, name: `${SQL}.tag` }),
    /line|not in/,
  ],
  [
    'SQL for a migration',
    ({ migrations }) => migrations.applied.push({ id: 1, timestamp: 1, name: SQL }),
    /migrations/,
  ],
  ['another engine', ({ manifest }) => (manifest.database.type = 'oracle'), /oracle/],
  [
    'another encoding',
    (parts) => (tableOf(parts, 'animal').columns.at(-1).encoding = 'hex'),
    /of the kind|encoding|fail/,
  ],
  ['a table without a key', (parts) => (tableOf(parts, 'tag').primaryKey = []), /key/],
  ['a directory that is not configured', ({ manifest }) => (manifest.files.etc = { count: 0, bytes: 0 }), /"etc"/],
  ['a directory called __proto__', addPrototypeDirectory, /"__proto__"/],
  ['a row with a field called __proto__', (parts) => addLine(parts, PROTOTYPE), /fields|no field/],
  ['a row nested 100 000 deep', (parts) => addLine(parts, nested(100_000)), /more values|no valid|no value|key/],
  ['a row that is twice there', (parts) => addLine(parts, parts.lines.tag![0]!), /tag/],
  ['a value for an unknown key', (parts) => addLine(parts, '{"model":"tag","pk":{"i":"7;DROP"},"fields":{}}'), /tag/],
  ['4 GB of zeros that are none', addBombs(1, 4e9), /"files\/zeros 0" is damaged/],
  ['8 TB of zeros', addBombs(2_000, 4e9), /take 8000000000005 bytes, but their disk has room for only \d+/],
];

const PROTOTYPE = '{"model":"tag","pk":"x","fields":{"__proto__":{"polluted":"yes"}}}';

function nested(depth: number): string {
  return `{"model":"tag","pk":${'['.repeat(depth)}${']'.repeat(depth)},"fields":{}}`;
}

function addPrototypeDirectory(parts: Parts): void {
  parts.manifest.files = JSON.parse('{"files":{"count":1,"bytes":5},"__proto__":{"count":0,"bytes":0}}');
}

/** Entries of which nothing is true but their sizes, which agree everywhere. */
function addBombs(count: number, size: number): (parts: Parts) => void {
  return ({ manifest, files }) => {
    const packed = Buffer.alloc(100);
    for (let bomb = 0; bomb < count; bomb++) files.push({ name: `files/zeros ${bomb}`, method: 8, packed, size });
    manifest.files.files = { count: 1 + count, bytes: 5 + count * size };
  };
}

describeSomeEngines(TITLE, 2, suite);

function suite(engine: Engine): void {
  let database: TestDatabase;
  let files: string;
  let app: BackupApp;
  let archive: Buffer;
  let before: Awaited<ReturnType<typeof state>>;
  beforeAll(async () => {
    database = await engine.create();
    files = mkdtempSync(join(tmpdir(), 'nestjs-backup-hostile-'));
    writeFileSync(join(files, 'a.txt'), 'hello');
    const options = { dataDirs: { files }, appVersion: '1' };
    app = await backupApp(database, { entities: zooEntities, synchronize: true }, options);
    await fillZoo(app.dataSource);
    archive = await buffer((await app.service.create()).stream);
    // What is there now is not what the archive holds.
    await app.dataSource.manager.save(app.dataSource.manager.create(Tag, { name: 'of the target' }));
    writeFileSync(join(files, 'mine.txt'), 'mine');
    before = await state();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(files, { recursive: true, force: true });
  });
  const restore = (bytes: Buffer) => app.get(RestoreService).restore(Readable.from([bytes]), { replace: true });
  const state = async () => {
    const { text, manifest } = await readBackup(await buffer((await app.service.create()).stream));
    const { sequences } = manifest;
    return { lines: text['backup.jsonl']!.split('\n').toSorted(), sequences, files: await readdir(files) };
  };

  it.each(MALICE)('with %s is refused, and nothing is changed', async (_, change, problem) => {
    const forged = await forge(archive, change);
    const begun = performance.now();
    const error: any = await restore(forged).catch((thrown: unknown) => thrown);
    expect(error.code).toMatch(/^(ARCHIVE_INVALID|RESTORE_REFUSED|RESTORE_FAILED)$/);
    expect(error.message).toMatch(problem);
    expect(performance.now() - begun).toBeLessThan(allowing(15_000));
    expect(await state()).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  const unlessSqlite = itUnless(engine.family === 'sqlite' ? 'a column of SQLite can hold any value' : undefined);
  unlessSqlite('with a value that its column cannot hold is refused without showing it', async () => {
    const forged = await forge(archive, (parts) => {
      const lives = tableOf(parts, 'animal').columns.find(({ name }: { name: string }) => name === 'lives');
      lives.encoding = 'text';
      parts.lines.animal = parts.lines.animal!.map((line) => line.replace(/"lives":[^,}]+/, `"lives":"${VALUE}"`));
    });
    const error: any = await restore(forged).catch((thrown: unknown) => thrown);
    expect(error.code).toMatch(/^(ARCHIVE_INVALID|RESTORE_REFUSED|RESTORE_FAILED)$/);
    expect(explain(error)).not.toContain(VALUE);
    expect(inspect(error, { depth: 10 })).not.toContain(VALUE);
    expect(await state()).toEqual(before);
  });

  it('may hold SQL in its values, which stay values, and for sequences, which nobody has', async () => {
    const forged = await forge(archive, (parts) => {
      addLine(parts, `{"model":"tag","pk":${JSON.stringify(SQL.slice(0, 50))},"fields":{}}`);
      parts.manifest.sequences.push({ name: SQL, value: '7' });
    });
    await restore(forged);
    expect(await app.dataSource.manager.findOneBy(Tag, { name: SQL.slice(0, 50) })).not.toBeNull();
  });

  it('may give modes that nobody asked for, which are not taken', async () => {
    const forged = await forge(archive, ({ files: entries, manifest }) => {
      entries.push({ name: 'files/s.sh', content: 'x', mode: 0o107777 }, { name: 'files/s/', mode: 0o047777 });
      manifest.files.files = { count: 2, bytes: 6 };
    });
    await restore(forged);
    expect(statSync(join(files, 's.sh')).mode & 0o7000).toBe(0);
    // Of directories set-group-id and sticky are kept, which let nobody run anything as somebody else.
    expect(statSync(join(files, 's')).mode & 0o7000).toBe(0o3000);
    expect(statSync(join(files, 's.sh')).uid).toBe(process.getuid!());
  });
}

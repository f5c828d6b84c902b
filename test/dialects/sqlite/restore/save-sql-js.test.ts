import { chmodSync, chownSync, readdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { saveSqlJs } from '../../../../lib/database/dialects/sqlite/restore/save-sql-js.js';
import { sqlJsDatabase } from '../../../../lib/database/dialects/sqlite/sql-js.js';
import { NOBODY, startChild } from '../../support/child.js';
import { restoreSuite } from './harness.js';

const LARGE = 40_000_000;

const { connect, file, directory } = restoreSuite();
const location = () => file('saved');

/** A file with one row, as TypeORM saves it. */
async function saved() {
  const dataSource = await connect('sql.js', 'app', { location: location() });
  sqlJsDatabase(dataSource).exec('CREATE TABLE t (id integer PRIMARY KEY, v blob); INSERT INTO t VALUES (1, NULL)');
  await (dataSource.driver as unknown as { save(): Promise<void> }).save();
  return dataSource;
}

async function rows(): Promise<number> {
  const dataSource = await connect('sql.js', 'again', { location: location() });
  return (await dataSource.query('SELECT count(*) AS n FROM t'))[0].n;
}

describe('the file of a sql.js database', () => {
  it('holds the old rows or the new ones when the process is killed while it is saved', async () => {
    await saved();
    const before = statSync(location()).size;
    const child = startChild('sqlite/restore/save-large.ts', { location: location(), bytes: LARGE });
    await child.spoke();
    // Begun, wherever it is written to; in this thread, so that nothing is missed.
    while (statSync(location()).size === before && readdirSync(directory.path).length === 1);
    await child.kill();
    expect([1, 2]).toContain(await rows());
  });

  it('leaves nothing beside it, also of one that was killed before', async () => {
    const dataSource = await saved();
    const child = startChild('sqlite/restore/save-large.ts', { location: location(), bytes: LARGE });
    await child.spoke();
    while (readdirSync(directory.path).length === 1 && statSync(location()).size < LARGE);
    await child.kill();
    await saveSqlJs(dataSource);
    expect(readdirSync(directory.path)).toEqual(['saved.sqlite']);
    expect(await rows()).toBe(1);
  });

  it('keeps its mode and its owner, and those who have it open keep what they have', async () => {
    const dataSource = await saved();
    chmodSync(location(), 0o640);
    if (process.getuid?.() === 0) chownSync(location(), NOBODY, NOBODY);
    const { uid, gid, ino } = statSync(location());
    sqlJsDatabase(dataSource).exec('INSERT INTO t VALUES (2, NULL)');
    const umask = process.umask(0o077);
    await saveSqlJs(dataSource).finally(() => process.umask(umask));
    expect(statSync(location())).toMatchObject({ uid, gid });
    expect(statSync(location()).mode & 0o7777).toBe(0o640);
    expect(statSync(location()).ino).not.toBe(ino);
    expect(await rows()).toBe(2);
  });

  it.each([true, false])('is written where a link leads to (a file is there: %s)', async (isThere) => {
    const dataSource = await saved();
    const target = directory.at('elsewhere.sqlite');
    if (isThere) writeFileSync(target, '');
    const link = directory.at('link.sqlite');
    symlinkSync('elsewhere.sqlite', link);
    Object.assign(dataSource.driver.options, { location: link });
    await saveSqlJs(dataSource);
    expect(readlinkSync(link)).toBe('elsewhere.sqlite');
    expect(statSync(target).size).toBe(statSync(location()).size);
  });

  it('leaves the foreign keys enforced', async () => {
    const dataSource = await saved();
    await saveSqlJs(dataSource);
    expect(await dataSource.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  it('refuses a restore before it begins when it could not be replaced', async () => {
    const dataSource = await connect('sql.js', 'app', { location: directory.at('gone', 'saved.sqlite') });
    await expect(sqliteRestore(dataSource).openRestore()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('gone'),
    });
  });
});

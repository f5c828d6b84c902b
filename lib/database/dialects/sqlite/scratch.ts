import { closeSync, openSync, rmSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { whenInterrupted } from '../../../support/when-interrupted.js';
import { type BuildSchema, noDatabase, openBeside, refuseOthers, type ScratchDatabase } from '../scratch.js';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import { listDatabases } from './databases.js';
import { companionsOf } from './own-files.js';

const REMEDY = 'Give the application the right to write where its database file is, and look into the log.';
const IN_MEMORY = { location: undefined, autoSave: false, autoSaveCallback: undefined, useLocalForage: false };

/**
 * A file next to the application's, readable only by this user, since its rows may be written to that disk; in memory
 * if the application's database is.
 */
export async function createScratch(host: DataSource, build: BuildSchema): Promise<ScratchDatabase> {
  refuseOthers(host);
  const file = scratchFile(host);
  const remove = () => {
    for (const path of file === undefined ? [] : companionsOf(file)) rmSync(path, { force: true });
  };
  const forget = whenInterrupted(remove);
  try {
    remove();
    // SQLite would create it with the permissions of the umask; its journals take over its mode.
    if (file !== undefined) closeSync(openSync(file, 'wx', 0o600));
    const where =
      host.options.type === 'sqljs' ? { ...IN_MEMORY, database: undefined } : { database: file ?? ':memory:' };
    const dataSource = await openBeside(host, where);
    const drop = async () => {
      await dataSource.destroy();
      remove();
      forget();
    };
    await build(dataSource).catch(async (error: unknown) => {
      await drop();
      throw error;
    });
    return { dataSource, drop };
  } catch (cause) {
    remove();
    forget();
    throw noDatabase(REMEDY, cause);
  }
}

function scratchFile(host: DataSource): string | undefined {
  if (host.options.type === 'sqljs') return undefined;
  const { files, mainInMemory } = listDatabases(new BetterSqlite3Opener(host).app);
  return mainInMemory ? undefined : `${files[0]!.file}.nestjs-backup-scratch`;
}

import { databaseFailed } from '../../../errors/database-errors.js';
import { type BetterSqlite3, type BetterSqlite3Opener, toConnection } from './better-sqlite3.js';
import type { SqliteConnection } from './connection.js';
import { type Copy, copyFile, removeCopy } from './copy-file.js';
import { attach, type DatabaseFile, pragma } from './databases.js';
import { ContendedError } from './errors.js';
import { retryWhileBusy } from './retry-while-busy.js';

/** A file with a connection that only reads it, and a number that changes with every commit by others. */
interface Original extends DatabaseFile {
  readonly own: BetterSqlite3;
  readonly version: string;
}

/**
 * With a rollback journal, a reader would make the application's writes wait, and they block the event loop; in-memory
 * databases can only be read by their own connection. So copies are read: files are copied next to the originals,
 * everything else in memory.
 */
export function openCopies(
  opener: BetterSqlite3Opener,
  files: readonly DatabaseFile[],
  mainInMemory: boolean,
  check: () => void,
): Promise<SqliteConnection> {
  const what = mainInMemory
    ? "The database's only connection"
    : 'The database file (with enableWAL: true no copy of it is needed)';
  return retryWhileBusy(what, check, async (failed) => {
    const originals: Original[] = [];
    const copies: Copy[] = [];
    try {
      for (const file of files) originals.push(await openOriginal(opener, file));
      const image = mainInMemory ? imageOf(opener.app) : encryptedImage(opener, originals);
      if (image && originals.length <= (mainInMemory ? 0 : 1)) return toConnection(opener.openImage(image));
      for (const original of originals) {
        // SQLite starts again when another connection writes; writes of the application's own connection are included
        // in the copy.
        const source =
          failed % 2 === 0 ? { database: original.own, name: 'main' } : { ...original, database: opener.app };
        copies.push(await copyFile(source, original.file, original.name, check));
      }
      requireOneMoment(originals, image !== undefined);
      return openTogether(opener, image, copies);
    } finally {
      for (const { own } of originals) own.close();
      for (const { path } of copies) removeCopy(path);
    }
  });
}

async function openOriginal(opener: BetterSqlite3Opener, { name, file }: DatabaseFile): Promise<Original> {
  const own = await opener.open(file);
  try {
    return { name, file, own, version: pragma(own, 'main', 'data_version') };
  } catch (error) {
    own.close();
    throw error;
  }
}

/** Several files are copied one after the other; a write in between would make the copies inconsistent. */
function requireOneMoment(originals: readonly Original[], besidesAnImage: boolean): void {
  if (originals.length === 1 && !besidesAnImage) return;
  const changed = originals.find(({ own, version }) => pragma(own, 'main', 'data_version') !== version);
  if (changed) throw new ContendedError(`Database "${changed.name}" was written to while the files were copied.`);
}

/** @throws ContendedError while a transaction is open, whose rows the image would contain */
function imageOf(database: BetterSqlite3): Buffer {
  if (database.inTransaction) throw new ContendedError('The application has a transaction open.');
  const image = database.serialize();
  // An image in WAL mode cannot be opened from memory.
  if (image.length > 19) image.fill(1, 18, 20);
  return image;
}

/** Copies have no key, so what is encrypted on disk is copied in memory only. */
function encryptedImage(opener: BetterSqlite3Opener, originals: readonly Original[]): Buffer | undefined {
  if (!opener.encrypted) return undefined;
  if (originals.length === 1) return imageOf(originals[0]!.own);
  throw databaseFailed('copied an encrypted database with others attached, which needs enableWAL: true');
}

function openTogether(
  opener: BetterSqlite3Opener,
  image: Buffer | undefined,
  copies: readonly Copy[],
): SqliteConnection {
  const main = copies.find(({ name }) => name === 'main');
  const database = image ? opener.openImage(image) : opener.openPlain(main!.path, { fileMustExist: true });
  try {
    attach(
      database,
      copies.filter((copy) => copy !== main).map(({ name, path }) => ({ name, file: path })),
    );
    for (const { name, pages } of copies) {
      if (Number(pragma(database, name, 'page_count')) < pages) throw new Error(`The copy of "${name}" is not whole.`);
    }
    return toConnection(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { databaseBusy } from '../../../../errors/database-errors.js';
import { type Catalog, readCatalog } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import { ContendedError } from '../errors.js';
import type { Names } from '../names.js';
import { type ForeignKey, readForeignKeys } from './foreign-keys.js';
import { LOCK_WAIT_S } from './settings.js';

const PAUSE_MS = 200;

/** Reads the catalog, repeatedly if somebody else's change interferes. @throws BackupError `DATABASE_BUSY` */
export async function readPatiently(
  connection: MysqlConnection,
  names: Names,
): Promise<{ catalog: Catalog; keys: ForeignKey[] }> {
  const giveUp = Date.now() + LOCK_WAIT_S * 1_000;
  for (;;) {
    try {
      return { catalog: await readCatalog(connection, names), keys: await readForeignKeys(connection, names) };
    } catch (error) {
      if (!(error instanceof ContendedError)) throw error;
      if (Date.now() > giveUp) throw databaseBusy(error.what, error.cause);
    }
    await sleep(PAUSE_MS, undefined, { signal: connection.lost }).catch(() => {}); // The next query reports why.
  }
}

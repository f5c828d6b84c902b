import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../backup.errors.js';
import type { RestoreSession } from '../../restore-dialect.js';
import { type Catalog, readCatalog } from '../catalog.js';
import { Contended } from '../contended.js';
import { failure } from '../errors.js';
import { Names } from '../names.js';
import { Session } from '../session.js';
import { type ForeignKey, readForeignKeys } from './foreign-keys.js';
import { MysqlRestoreSession } from './restore-session.js';
import { LOCK_WAIT_S, pinRestoreSettings } from './settings.js';

const PAUSE_MS = 200;

/** Opens a connection for one restore. @throws BackupError */
export async function openRestore(dataSource: DataSource, signal?: AbortSignal): Promise<RestoreSession> {
  const session = await Session.open(dataSource, signal);
  try {
    const names = await Names.read(session, dataSource);
    const { catalog, keys } = await readPatiently(session, names);
    await pinRestoreSettings(session);
    const [row] = await session.texts('SELECT VERSION(), @@max_allowed_packet');
    const server = { version: row![0]!, maxPacket: Number(row![1]) };
    return new MysqlRestoreSession(dataSource, session, names, catalog, keys, server);
  } catch (error) {
    session.destroy();
    throw failure('opened the restore', error);
  }
}

async function readPatiently(session: Session, names: Names): Promise<{ catalog: Catalog; keys: ForeignKey[] }> {
  const giveUp = Date.now() + LOCK_WAIT_S * 1_000;
  for (;;) {
    try {
      return { catalog: await readCatalog(session, names), keys: await readForeignKeys(session, names) };
    } catch (error) {
      if (!(error instanceof Contended)) throw error;
      if (Date.now() > giveUp) throw BackupError.databaseBusy(error.what, error.cause);
    }
    await sleep(PAUSE_MS, undefined, { signal: session.lost }).catch(() => {}); // The next query tells why.
  }
}

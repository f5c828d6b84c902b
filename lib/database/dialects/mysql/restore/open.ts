import type { DataSource } from 'typeorm';
import type { RestoreSession } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { Names } from '../names.js';
import { Session } from '../session.js';
import { readPatiently } from './read-patiently.js';
import { MysqlRestoreSession } from './restore-session.js';
import { pinRestoreSettings } from './settings.js';

/**
 * Opens a connection for one restore.
 * @param onTableMade called when the table of marks had to be made
 * @throws BackupError
 */
export async function openRestore(
  dataSource: DataSource,
  onTableMade: () => void,
  signal?: AbortSignal,
): Promise<RestoreSession> {
  const session = await Session.open(dataSource, signal);
  try {
    const names = await Names.read(session, dataSource);
    const { catalog, keys } = await readPatiently(session, names);
    await pinRestoreSettings(session);
    const [row] = await session.texts('SELECT VERSION(), @@max_allowed_packet');
    const server = { version: row![0]!, maxPacket: Number(row![1]) };
    return new MysqlRestoreSession(dataSource, session, names, catalog, keys, server, onTableMade);
  } catch (error) {
    session.destroy();
    throw failure('opened the restore', error);
  }
}

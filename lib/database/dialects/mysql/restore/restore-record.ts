import { setTimeout as sleep } from 'node:timers/promises';
import { databaseBusy } from '../../../../errors/database-errors.js';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { MysqlConnection } from '../connection.js';
import { errorNumber, LOCK_WAIT_TIMEOUT, NO_SUCH_TABLE } from '../errors.js';
import type { Names } from '../names.js';
import { ensureIdentity, newIdentity, readIdentity } from './identity.js';
import { LOCK_WAIT_S } from './settings.js';
import type { Undo } from './undo-record.js';

/** A server that lost a restore's connection may have to roll back a large transaction. */
const ROLLBACK_S = 300;
const PAUSE_MS = 20;

export interface Mark {
  readonly committed: boolean;
  /** Null once it is done. */
  readonly undo: Undo | null;
}

const tableOf = (names: Names) => names.sql({ schema: null, name: RESTORE_TABLE });

/** Held by a restore as long as its connection exists: identifies that connection. */
const holderOf = (id: string) => `nestjs-restore:${id}`;

/** @returns whether it had to be created */
export async function createMarks(connection: MysqlConnection, names: Names): Promise<boolean> {
  const isNew = (await readIdentity(connection, names)) === undefined;
  await connection.query(`CREATE TABLE IF NOT EXISTS ${tableOf(names)} (id VARCHAR(36) NOT NULL PRIMARY KEY,
    created_at DATETIME(6) NOT NULL, committed TINYINT NOT NULL, \`undo\` LONGTEXT NULL)
    ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COMMENT = '${newIdentity()}'`);
  await ensureIdentity(connection, names);
  return isNew;
}

/** Removes the table itself, if it contains no mark. @returns whether it is gone */
export async function dropMarks(connection: MysqlConnection, names: Names): Promise<boolean> {
  if ((await select(connection, `SELECT id FROM ${tableOf(names)} LIMIT 1`, [])).length > 0) return false;
  await connection.query(`DROP TABLE IF EXISTS ${tableOf(names)}`);
  return true;
}

/** Records, committed immediately, what is about to be suspended. */
export async function recordUndo(connection: MysqlConnection, names: Names, id: string, undo: Undo): Promise<void> {
  await connection.query('DO GET_LOCK(?, 0)', [holderOf(id)]);
  const sql = `INSERT INTO ${tableOf(names)} VALUES (?, UTC_TIMESTAMP(6), 0, ?)`;
  await connection.query(sql, [id, JSON.stringify(undo)]);
}

/** Inside the transaction: true once it is committed. */
export async function markCommitted(connection: MysqlConnection, names: Names, id: string): Promise<void> {
  await connection.query(`UPDATE ${tableOf(names)} SET committed = 1 WHERE id = ?`, [id]);
}

/** Inside the transaction: a second mark, with nothing to undo. */
export async function addCommitted(connection: MysqlConnection, names: Names, id: string): Promise<void> {
  await connection.query(`INSERT INTO ${tableOf(names)} VALUES (?, UTC_TIMESTAMP(6), 1, NULL)`, [id]);
}

/** Inside the transaction: what remains to be done after the commit. */
export async function replaceUndo(connection: MysqlConnection, names: Names, id: string, undo: Undo): Promise<void> {
  await connection.query(`UPDATE ${tableOf(names)} SET \`undo\` = ? WHERE id = ?`, [JSON.stringify(undo), id]);
}

/** The mark, once the restore's transaction has certainly ended. A connection that still holds it is ended. */
export async function settleMark(connection: MysqlConnection, names: Names, id: string): Promise<Mark | undefined> {
  await endHolder(connection, id);
  await connection.query(`SET SESSION innodb_lock_wait_timeout = ${ROLLBACK_S}`);
  try {
    // The transaction holds the row's lock until it has ended.
    const sql = `SELECT committed, \`undo\` FROM ${tableOf(names)} WHERE id = ? LOCK IN SHARE MODE`;
    const [row] = await connection.texts(sql, [id]);
    if (!row) return undefined;
    const [committed, undo] = row;
    return { committed: committed === '1', undo: undo ? (JSON.parse(undo) as Undo) : null };
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return undefined;
    if (errorNumber(error) !== LOCK_WAIT_TIMEOUT) throw error;
    throw databaseBusy('The mark of a restore', error);
  } finally {
    if (!connection.lost.aborted) await connection.query(`SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`);
  }
}

/** A server may not have noticed yet that the client is gone, and may still be executing its last statement. */
async function endHolder(connection: MysqlConnection, id: string): Promise<void> {
  const giveUp = Date.now() + ROLLBACK_S * 1_000;
  const sql = 'SELECT NULLIF(IS_USED_LOCK(?), CONNECTION_ID())';
  for (let killed = false; ; killed = true) {
    const [row] = await connection.texts(sql, [holderOf(id)]);
    const holder = row![0];
    if (holder === null) return;
    if (!killed) await connection.query(`KILL ${Number(holder)}`).catch(() => {}); // It ended by itself.
    if (Date.now() > giveUp) throw databaseBusy('The mark of a restore');
    await sleep(PAUSE_MS, undefined, { signal: connection.lost }).catch(() => {}); // The next query reports why.
  }
}

/** Everything is restored: the mark of a committed restore stays until it is forgotten, others are removed. */
export async function clearUndo(connection: MysqlConnection, names: Names, id: string): Promise<void> {
  await connection.query(`DELETE FROM ${tableOf(names)} WHERE id = ? AND committed = 0`, [id]);
  await connection.query(`UPDATE ${tableOf(names)} SET \`undo\` = NULL WHERE id = ?`, [id]);
}

export async function forgetMark(connection: MysqlConnection, names: Names, id: string): Promise<void> {
  await connection.query(`DELETE FROM ${tableOf(names)} WHERE id = ?`, [id]);
}

export async function markIsThere(connection: MysqlConnection, names: Names, id: string): Promise<boolean> {
  return (await select(connection, `SELECT id FROM ${tableOf(names)} WHERE id = ?`, [id])).length > 0;
}

/** The restores that have left something suspended. */
export async function undoneMarks(connection: MysqlConnection, names: Names): Promise<string[]> {
  return select(connection, `SELECT id FROM ${tableOf(names)} WHERE \`undo\` IS NOT NULL ORDER BY created_at`, []);
}

async function select(connection: MysqlConnection, sql: string, values: readonly string[]): Promise<string[]> {
  try {
    return (await connection.texts(sql, values)).map(([id]) => id!);
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return [];
    throw error;
  }
}

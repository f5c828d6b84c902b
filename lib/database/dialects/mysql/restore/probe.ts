import { BackupError } from '../../../../errors/backup-error.js';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import { quoteIdentifier } from '../../quote.js';
import { RESTORE_TABLE } from '../../restore-dialect.js';
import type { MysqlConnection } from '../connection.js';
import { DENIED, errorNumber } from '../errors.js';
import type { Names } from '../names.js';

const PROBE = `${RESTORE_TABLE}_probe`;
/**
 * The privilege SUPER for triggers while there is a binary log; the server checks it before the privilege on the table.
 */
const BINARY_LOG = 1419;
/** The privileges that would suffice, as the server names them. */
const NEEDED = /\(at least one of\) the (.+?) privilege/;

/**
 * Asks the server whether triggers can be created for these definers, before any is dropped. Without the privilege
 * TRIGGER, the server would not even show them, and they would change the rows.
 */
export async function probeTriggers(
  connection: MysqlConnection,
  names: Names,
  definers: ReadonlySet<string>,
): Promise<void> {
  const trigger = probeOf(names);
  const table = names.sql({ schema: null, name: RESTORE_TABLE });
  for (const definer of definers.size ? definers : [undefined]) {
    const clause = definer === undefined ? '' : `DEFINER = ${account(definer)}`;
    try {
      await connection.query(
        `CREATE ${clause} TRIGGER ${trigger} BEFORE INSERT ON ${table} FOR EACH ROW SET @unused = 1`,
      );
      await connection.query(`DROP TRIGGER ${trigger}`);
    } catch (error) {
      const number = errorNumber(error);
      if (number !== BINARY_LOG && !DENIED.has(number)) throw error;
      if (number === BINARY_LOG && definer === undefined && (await hasPrivilege(connection, names, 'TRIGGER'))) return;
      throw refusal(definer, number, error);
    }
  }
}

function refusal(definer: string | undefined, number: number, error: unknown): BackupError {
  const problem = `the database user could not re-create triggers${definer ? ` of ${definer}` : ''}`;
  if (number === BINARY_LOG && definer !== undefined) {
    return restoreRefused(
      `${problem}, which the server leaves to superusers while it keeps a binary log`,
      'Set log_bin_trust_function_creators = ON in the server (its SET GLOBAL, or the parameter of a managed database), or restore as a user with SUPER.',
    );
  }
  const [, needed] = NEEDED.exec((error as Error).message) ?? [];
  const remedy = needed
    ? `Grant the database user ${needed.replaceAll(', ', ' or ')}, or restore as a user that has it.`
    : 'Grant the database user TRIGGER on the database.';
  return restoreRefused(problem, remedy);
}

/** The same for counters, which are set after the commit, when there is no way back. */
export async function probeCounters(connection: MysqlConnection, names: Names): Promise<void> {
  try {
    const table = names.sql({ schema: null, name: RESTORE_TABLE });
    await connection.query(`ALTER TABLE ${table} DEFAULT CHARACTER SET utf8mb4`);
  } catch (error) {
    if (!DENIED.has(errorNumber(error))) throw error;
    throw restoreRefused(
      'the database user may not ALTER tables, and could not set their AUTO_INCREMENT',
      'Grant the database user ALTER on the database.',
    );
  }
}

/** What a process killed in between has left. */
export async function dropProbe(connection: MysqlConnection, names: Names): Promise<void> {
  await connection.query(`DROP TRIGGER IF EXISTS ${probeOf(names)}`).catch((error: unknown) => {
    if (errorNumber(error) !== BINARY_LOG) throw error; // Then there is none.
  });
}

const probeOf = (names: Names) => names.sql({ schema: null, name: PROBE });

/** The host contains no @; a role, or a name alone, has no host either. */
function account(definer: string): string {
  const at = definer.lastIndexOf('@');
  if (at === -1) return quoteIdentifier(definer, '`');
  const host = definer.slice(at + 1);
  const user = quoteIdentifier(definer.slice(0, at), '`');
  return host === '' ? user : `${user}@${quoteIdentifier(host, '`')}`;
}

const GRANT = /^GRANT (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)*`|"(?:[^"]|"")*")\.\* TO /;
const REVOKE = /^REVOKE /;

/**
 * Whether the server itself says that the user has a privilege on the whole database. Grants on single tables do not
 * count, and nothing does if something was revoked partially (`partial_revokes`).
 */
async function hasPrivilege(connection: MysqlConnection, names: Names, privilege: string): Promise<boolean> {
  const grants = (await connection.texts(await showGrants(connection))).map(([grant]) => grant ?? '');
  if (grants.some((grant) => REVOKE.test(grant))) return false;
  return grants.some((grant) => {
    const [, privileges, on] = GRANT.exec(grant) ?? [];
    if (privileges === undefined) return false;
    const has = privileges === 'ALL PRIVILEGES' || privileges.split(', ').includes(privilege);
    return has && (on === '*' || matches(on!.slice(1, -1), names.database));
  });
}

/** Includes the active roles, whose grants MySQL shows only when asked for them. */
async function showGrants(connection: MysqlConnection): Promise<string> {
  const [row] = await connection.texts('SELECT CURRENT_ROLE()').catch(() => [['NONE']]);
  const roles = row?.[0];
  return roles && roles.startsWith('`') ? `SHOW GRANTS FOR CURRENT_USER() USING ${roles}` : 'SHOW GRANTS';
}

/** A database's name in a grant is a pattern. */
function matches(pattern: string, database: string): boolean {
  const source = pattern.replaceAll(/\\?[\s\S]/g, (part) => {
    if (part === '%') return '[\\s\\S]*';
    if (part === '_') return '[\\s\\S]';
    return part.replace(/^\\(?=.)/s, '').replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'i').test(database);
}

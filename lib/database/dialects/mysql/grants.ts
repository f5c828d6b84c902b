import type { MysqlConnection } from './connection.js';
import type { Names } from './names.js';

const GRANT = /^GRANT (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)*`|"(?:[^"]|"")*")\.\* TO /;
const REVOKE = /^REVOKE /;

/**
 * Whether the server itself says that the user has a privilege on the whole database. Grants on single tables do not
 * count, and nothing does if something was revoked partially (`partial_revokes`).
 */
export async function hasPrivilege(connection: MysqlConnection, names: Names, privilege: string): Promise<boolean> {
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

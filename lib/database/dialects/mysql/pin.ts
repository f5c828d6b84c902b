import { settingDenied } from '../../../errors/database-errors.js';
import { DENIED, errorNumber, UNKNOWN_VARIABLE } from './errors.js';

/** A session whose variables are set. */
export interface Variables {
  query(sql: string): Promise<unknown>;
  texts(sql: string): Promise<ReadonlyArray<ReadonlyArray<string | null>>>;
}

/** A variable of the session, and the value in SQL without which it would not be exact. */
export interface Setting {
  readonly name: string;
  readonly value: string | number;
  /** Whether another value serves as well, where the user may not set it. Default: none does. */
  readonly serves?: (current: string) => boolean;
}

/**
 * Sets variables of the session, whatever the server or an init_connect has set them to. One that the server does not
 * know is none that could be in the way. One that the user may not set, which MySQL has many of, must have a value that
 * serves already.
 * @throws BackupError `DATABASE_FAILED` when it has not
 */
export async function pin(session: Variables, settings: readonly Setting[]): Promise<void> {
  try {
    await session.query(`SET SESSION ${settings.map(assignment).join(', ')}`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const setting of settings) await pinOne(session, setting);
  }
}

async function pinOne(session: Variables, setting: Setting): Promise<void> {
  try {
    await session.query(`SET SESSION ${assignment(setting)}`);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (errorNumber(error) !== UNKNOWN_VARIABLE) await refuseOther(session, setting, error);
  }
}

async function refuseOther(
  session: Variables,
  { name, value, serves = (current) => current === String(value) }: Setting,
  cause: unknown,
): Promise<void> {
  const [row] = await session.texts(`SELECT @@SESSION.${name}`);
  if (serves(row![0] ?? '')) return;
  throw settingDenied(name, row![0] ?? 'NULL', String(value), cause);
}

const assignment = ({ name, value }: Setting) => `${name} = ${value}`;

function isRefusal(error: unknown): boolean {
  const number = errorNumber(error);
  return number === UNKNOWN_VARIABLE || DENIED.has(number);
}

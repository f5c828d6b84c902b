/**
 * The name of a restore's own folder identifies its owner: the restore's id, the database it restores, and the process
 * that has taken it over. All of that is established by a single `mkdir` and changed by a single `rename`, so there is
 * no moment without an owner.
 */
export interface WorkName {
  readonly id: string;
  /** The database's identity; folders of earlier versions have none and count as any database's. */
  readonly database?: string;
  /** Different for each process that has taken the restore over; none for the process that started it. */
  readonly claim?: string;
}

const RESTORE_ID = /^[0-9a-zA-Z-]{8,64}$/;
const NAME = /^([0-9a-zA-Z-]{8,64})(?:\.([0-9a-f]*))?(?:\.([0-9a-f]+))?$/;

export function isRestoreId(id: unknown): id is string {
  return typeof id === 'string' && RESTORE_ID.test(id);
}

export function workName({ id, database = '', claim }: WorkName): string {
  if (claim !== undefined) return `${id}.${database}.${claim}`;
  return database === '' ? id : `${id}.${database}`;
}

/** Undefined for a name that no restore uses. */
export function parseWorkName(name: string): WorkName | undefined {
  const [, id, database, claim] = NAME.exec(name) ?? [];
  return id === undefined ? undefined : { id, database: database || undefined, claim };
}

/** Returns the identity of this database; undefined for one that was never restored. */
export type Identify = () => Promise<string | undefined>;

/** Whether something of a restore belongs to this database. Without a database it was left by an earlier version. */
export async function isOwn(database: string | undefined, identify: Identify = nobody): Promise<boolean> {
  return database === undefined || database === (await identify());
}

async function nobody(): Promise<undefined> {}

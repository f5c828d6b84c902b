/**
 * The name of a restore's own folder says whose it is: its id, the database that it restores, and who has taken it over.
 * All of it is there with one `mkdir`, and changes with one `rename`, so there is no moment in which it belongs to nobody.
 */
export interface WorkName {
  readonly id: string;
  /** The database's identity; folders of earlier versions have none, and are everybody's. */
  readonly database?: string;
  /** Another one for each process that has taken the restore over; none for the one that began it. */
  readonly claim?: string;
}

const NAME = /^([0-9a-zA-Z-]{8,64})(?:\.([0-9a-f]*))?(?:\.([0-9a-f]+))?$/;

export function workName({ id, database = '', claim }: WorkName): string {
  if (claim !== undefined) return `${id}.${database}.${claim}`;
  return database === '' ? id : `${id}.${database}`;
}

/** Undefined for a name that no restore gives. */
export function parseWorkName(name: string): WorkName | undefined {
  const [, id, database, claim] = NAME.exec(name) ?? [];
  return id === undefined ? undefined : { id, database: database || undefined, claim };
}

/** Gives the identity of this database; undefined for one that never was restored. */
export type Identify = () => Promise<string | undefined>;

/** Whether something of a restore belongs to this database. What names none was left by an earlier version. */
export async function isOwn(database: string | undefined, identify: Identify = nobody): Promise<boolean> {
  return database === undefined || database === (await identify());
}

async function nobody(): Promise<undefined> {}

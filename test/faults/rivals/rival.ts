import { EntitySchema } from 'typeorm';
import type { TestDatabase } from '../../fixtures/databases.js';
import type { Chance } from '../../fixtures/streams.js';

export interface Meeting {
  readonly database: TestDatabase;
  readonly chance: Chance;
  /** Begins the backup or the restore. @returns how it ended: `whole`, or the code of its error */
  readonly run: () => Promise<string>;
}

/** Somebody else of the application's is in the way. */
export interface Conflict {
  readonly name: string;
  readonly of: 'backup' | 'restore';
  /** Lasts for as long as the library waits, some ten seconds. */
  readonly lasts?: boolean;
  /** How it may end. */
  readonly ends: readonly string[];
  /** Statements that a database needs for it, once. */
  readonly prepare?: readonly string[];
  /** Gets in its way at a random moment, and goes away. @returns how it ended */
  meet(meeting: Meeting): Promise<string>;
}

/** Two more, which no foreign key ties to others. */
export const loose = ['stock', 'ticket'].map(
  (name) => new EntitySchema({ name, columns: { id: { type: 'integer', primary: true } } }),
);

/** The tables of `hostEntities`, in the order in which they are locked. */
export const [FIRST, ...OTHERS] = ['bulk', 'finding', 'project'] as const;

/** A connection of somebody else's. */
export interface Rival {
  query<Row = Record<string, unknown>>(sql: string): Promise<Row[]>;
  end(): Promise<unknown>;
}

/** Gives the work a few of them, and ends them whatever comes; what they had begun is rolled back. */
export async function withRivals<Result>(
  connect: () => Promise<Rival>,
  count: number,
  work: (...rivals: Rival[]) => Promise<Result>,
): Promise<Result> {
  const rivals: Rival[] = [];
  try {
    for (let made = 0; made < count; made++) rivals.push(await connect());
    return await work(...rivals);
  } finally {
    await Promise.all(rivals.map((rival) => rival.end().catch(() => {})));
  }
}

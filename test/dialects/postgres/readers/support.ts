import pg from 'pg';
import { DataSource } from 'typeorm';
import type { ReadingShare } from '../../../../lib/database/dialects/postgres/readers/index.js';
import { openSnapshot } from '../../../../lib/database/dialects/postgres/snapshot.js';
import type { LineBlock } from '../../../../lib/jsonl/format.js';
import type { Engine, TestDatabase } from '../../../fixtures/databases.js';
import { until } from '../../../fixtures/wait.js';

export const KB = 1024;
export const ONE: ReadingShare = { connections: 1, leastTable: 0, part: 0, types: /^/, ahead: 0 };
export const EIGHT: ReadingShare = { connections: 8, leastTable: 128 * KB, part: 16 * KB, types: /^/, ahead: 256 * KB };

/** Gives each test a database, a DataSource and another client of it, and closes what it has opened. */
export function readersSuite(engine: Engine) {
  let database: TestDatabase;
  let source: DataSource;
  let other: pg.Client;
  const opened: Array<{ close(): Promise<void> }> = [];

  beforeEach(async () => {
    database = await engine.create();
    source = await new DataSource(database.options).initialize();
    other = new pg.Client({ connectionString: urlOf(database) });
    await other.connect();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await source.destroy();
    await other.end();
    await database.drop();
  });

  const open = async (share: ReadingShare, dataSource = source, signal?: AbortSignal) => {
    const snapshot = await openSnapshot(dataSource, { choose: (tables) => tables, signal }, share);
    opened.push(snapshot);
    const table = (name: string) => snapshot.tables.find((one) => one.name === name)!;
    const lines = (name: string) => snapshot.lines(table(name), name)[Symbol.asyncIterator]();
    return { snapshot, table, lines };
  };
  type Opened = Awaited<ReturnType<typeof open>>;

  /** @param joined tables that more than one connection is to read */
  async function readAll({ snapshot, lines }: Opened, joined: readonly string[]): Promise<Record<string, string>> {
    const read: Record<string, string> = {};
    for (const { name } of snapshot.tables) {
      const iterator = lines(name);
      const first = text((await iterator.next()).value);
      if (joined.includes(name)) await untilSessions((count) => count > 1);
      read[name] = `${first}${await rest(iterator)}`;
      if (joined.includes(name)) await untilSessions((count) => count === 1);
    }
    return read;
  }

  const sessions = () => sessionsOf(database);
  const untilSessions = (holds: (count: number) => boolean) =>
    until('the connections are as many', async () => holds((await sessions()).length), 2_000);

  /** Large enough that reading stops with parts left while nobody takes what has been read. */
  async function makeBig(): Promise<void> {
    await database.query('CREATE TABLE big (id int PRIMARY KEY, filler text)');
    await database.query(`INSERT INTO big SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 15000) g`);
  }

  /** Begins to read it over eight connections, of which all have begun. */
  async function begun(signal?: AbortSignal): Promise<Opened & { iterator: AsyncIterator<LineBlock>; first: string }> {
    await makeBig();
    const all = await open(EIGHT, source, signal);
    const iterator = all.lines('big');
    const { value } = await iterator.next();
    await untilSessions((count) => count === 8);
    return { ...all, iterator, first: text(value) };
  }

  return {
    database: () => database,
    opened,
    source: () => source,
    other: () => other,
    open,
    readAll,
    sessions,
    untilSessions,
    makeBig,
    begun,
  };
}

/** Process ids of the backup's connections, in the order in which they were made. */
export async function sessionsOf({ query }: TestDatabase): Promise<number[]> {
  const rows = await query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nestjs-backup'
     ORDER BY backend_start`,
  );
  return rows.map(({ pid }) => pid as number);
}

/** How many there are at most while something is read. */
export async function mostSessions(database: TestDatabase, iterator: AsyncIterator<LineBlock>): Promise<number> {
  let most = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    most = Math.max(most, (await sessionsOf(database)).length);
  }
  return most;
}

export function text({ bytes }: LineBlock): string {
  return bytes.toString();
}

export async function rest(iterator: AsyncIterator<LineBlock>): Promise<string> {
  const read: Buffer[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    read.push(Buffer.from(next.value.bytes));
  }
  return Buffer.concat(read).toString();
}

export function urlOf({ options }: TestDatabase): string {
  return (options as { url: string }).url;
}

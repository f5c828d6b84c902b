import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Snapshot } from '../../../lib/database/dialects/dialect.js';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { temporaryDirectory } from '../../fixtures/files.js';

export const KINDS = ['WAL file', 'rollback journal', ':memory:', 'sql.js'] as const;
export type Kind = (typeof KINDS)[number];
export const FILES = ['WAL file', 'rollback journal'] as const;

/** Gives each test of a file a directory for its databases, and closes afterwards what it has opened. */
export function sqliteSuite() {
  const cleanups: Array<() => unknown> = [];
  afterEach(async () => {
    for (const step of cleanups.splice(0).toReversed()) await step();
  });
  const directory = temporaryDirectory();

  const cleanup = (step: () => unknown) => void cleanups.push(step);
  const file = (name = 'app') => directory.at(`${name}.sqlite`);

  async function connect(kind: Kind, name = 'app', options: object = {}): Promise<DataSource> {
    const own =
      kind === 'sql.js'
        ? { type: 'sqljs' }
        : {
            type: 'better-sqlite3',
            database: kind === ':memory:' ? kind : file(name),
            enableWAL: kind === 'WAL file',
          };
    const dataSource = await new DataSource({ ...own, ...options } as DataSourceOptions).initialize();
    cleanup(() => dataSource.isInitialized && dataSource.destroy());
    return dataSource;
  }

  /** A database with a table `t` of so many rows. */
  async function connectFilled(kind: Kind, rows: number, options?: object): Promise<DataSource> {
    const dataSource = await connect(kind, 'app', options);
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
    await dataSource.query(fill(rows));
    return dataSource;
  }

  async function open(dataSource: DataSource, signal?: AbortSignal): Promise<Snapshot> {
    const snapshot = await sqliteDialect(dataSource).snapshot({ choose: (tables) => tables, signal });
    cleanup(() => snapshot.close());
    return snapshot;
  }

  /** Runs a step again and again, with that many milliseconds in between, until stopped; tells how often that was. */
  function repeat(pause: () => number, step: () => unknown): { stop(): Promise<number> } {
    let running = true;
    let steps = 0;
    const loop = (async () => {
      for (; running; steps++) {
        await step();
        await sleep(pause());
      }
      return steps;
    })();
    const stop = () => {
      running = false;
      return loop;
    };
    cleanup(stop);
    return { stop };
  }

  const copies = () => readdirSync(directory.path).filter((name) => name.includes('.backup-copy-'));

  return { directory, file, connect, connectFilled, open, repeat, copies, cleanup };
}

/** Statements that put so many rows into table `t`. */
export function fill(rows: number, value = 'hex(randomblob(50))', above = 0): string {
  return `INSERT INTO t SELECT i + ${above}, ${value} FROM
    (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n)`;
}

export async function run(dataSource: DataSource, ...statements: string[]): Promise<void> {
  for (const statement of statements) await dataSource.query(statement);
}

/** What this process has open. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return []; // The listing's own.
    }
  });
}

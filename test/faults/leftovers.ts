import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectionsTo, openHandles, postgresTransactions } from '../fixtures/connections.js';
import type { Engine, TestDatabase } from '../fixtures/databases.js';
import { until } from '../fixtures/wait.js';

/** How long a server may take to notice that somebody is gone. */
const WITHIN_MS = 20_000;

/** Counts what a backup or a restore could leave behind, so that it can be compared with what was there before. */
export class Leftovers {
  private constructor(
    private readonly engine: Engine,
    private readonly database: TestDatabase,
    private readonly directory: string,
    private readonly before: { connections: number; handles: number; resources: number },
  ) {}

  static async before(engine: Engine, database: TestDatabase, directory: string): Promise<Leftovers> {
    return new Leftovers(engine, database, directory, {
      connections: await connectionsTo(engine, database),
      handles: openHandles(directory),
      resources: threadsAndFiles(),
    });
  }

  /** Elsewhere they are those of connections, which are counted. */
  private async openTransactions(): Promise<number> {
    return this.engine.family === 'postgres' ? (await postgresTransactions(this.database)).length : 0;
  }

  /** Fails unless all of it is gone again soon. */
  async expectNone(): Promise<void> {
    const { connections, handles, resources } = this.before;
    const left = async () => [
      (await connectionsTo(this.engine, this.database)) > connections && 'a connection',
      (await this.openTransactions()) > 0 && 'a transaction',
      openHandles(this.directory) > handles && 'an open file',
      temporaryFiles(this.database) > 0 && 'a temporary file',
      threadsAndFiles() > resources && 'a thread, a pipe or a request to the file system',
    ];
    try {
      await until('nothing is left over', async () => !(await left()).some(Boolean), WITHIN_MS);
    } catch (error) {
      throw new Error(`Left over: ${(await left()).filter(Boolean).join(', ')}`, { cause: error });
    }
  }
}

/** Spools have no name, only a handle; copies of a database lie beside it. */
function temporaryFiles({ options }: TestDatabase): number {
  const file = options.type === 'better-sqlite3' ? options.database : undefined;
  const copies = file ? readdirSync(dirname(file)).filter((name) => name.includes('.backup-copy-')) : [];
  return openHandles(join(tmpdir(), 'nestjs-backup-spool-')) + copies.length;
}

/** What keeps a process alive besides sockets and timers, which belong to pools and to the tests, too. */
function threadsAndFiles(): number {
  const kinds = ['MessagePort', 'Worker', 'FSReqCallback', 'FSReqPromise', 'PipeWrap', 'FSEvent'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}

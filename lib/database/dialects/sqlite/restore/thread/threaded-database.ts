import type { SqlDatabase, SqlStatement } from '../../better-sqlite3.js';
import type { SqliteValue } from '../../connection.js';
import type { DatabaseThread } from './database-thread.js';
import type { CursorRows } from './protocol.js';

/** Something was asked of the connection that a connection in another thread cannot do. */
export class NotInThreadError extends Error {}

/** As the driver returns it: `postMessage` makes plain bytes of a Buffer. */
function asOfDriver(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value;
}

function rowAsOfDriver(row: unknown): unknown {
  if (Array.isArray(row)) return row.map(asOfDriver);
  if (typeof row !== 'object' || row === null) return row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asOfDriver(value)]));
}

/** A statement of better-sqlite3 whose connection is in a thread, as far as TypeORM and the library use one. */
class ThreadedStatement implements SqlStatement {
  private static cursors = 0;
  private form = { raw: false, safeIntegers: false };

  constructor(
    private readonly thread: DatabaseThread,
    private readonly sql: string,
  ) {}

  get reader(): boolean {
    return this.thread.ask({ kind: 'returnsRows', sql: this.sql }) as boolean;
  }

  safeIntegers(on = true): this {
    this.form = { ...this.form, safeIntegers: on };
    return this;
  }

  raw(on = true): this {
    this.form = { ...this.form, raw: on };
    return this;
  }

  /** In batches: the thread would end, and this one wait for ever, if it had no room for all of them. */
  all(...parameters: readonly unknown[]): SqliteValue[][] {
    return [...this.iterate(...parameters)];
  }

  get(...parameters: readonly unknown[]): unknown {
    return this.all(...parameters)[0];
  }

  run(...parameters: readonly unknown[]): unknown {
    return this.thread.ask({ kind: 'run', sql: this.sql, parameters, ...this.form });
  }

  *iterate(...parameters: readonly unknown[]): IterableIterator<SqliteValue[]> {
    const cursor = ++ThreadedStatement.cursors;
    const first = { kind: 'iterate', cursor, sql: this.sql, parameters, ...this.form } as const;
    let batch = this.thread.ask(first) as CursorRows;
    try {
      for (;;) {
        for (const row of batch.rows) yield rowAsOfDriver(row) as SqliteValue[];
        if (batch.done) return;
        batch = this.thread.ask({ kind: 'next', cursor }) as CursorRows;
      }
    } finally {
      if (!batch.done) this.thread.ask({ kind: 'return', cursor });
    }
  }
}

/** A Database of better-sqlite3 whose connection is in a thread, as far as TypeORM and the library use one. */
export class ThreadedDatabase implements SqlDatabase {
  constructor(private readonly thread: DatabaseThread) {}

  prepare(sql: string): ThreadedStatement {
    return new ThreadedStatement(this.thread, sql);
  }

  exec(sql: string): this {
    this.thread.ask({ kind: 'exec', sql });
    return this;
  }

  pragma(source: string, options?: object): unknown {
    const answer = this.thread.ask({ kind: 'pragma', source, options });
    return Array.isArray(answer) ? answer.map(rowAsOfDriver) : asOfDriver(answer);
  }

  loadExtension(...parameters: readonly string[]): this {
    this.thread.ask({ kind: 'loadExtension', parameters });
    return this;
  }

  close(): void {
    void this.thread.close();
  }
}

/**
 * Lets the application prepare a connection that is in a thread, also with its statements.
 * @throws NotInThreadError when it uses what only its own thread has, such as functions of its own
 */
export async function prepareInThread(
  database: ThreadedDatabase,
  prepare: ((database: any) => unknown) | undefined,
): Promise<void> {
  let missing: string | undefined;
  const refuse = (key: string) => {
    missing ??= key;
    return new NotInThreadError(`a connection in a thread has no "${key}"`);
  };
  const watched = <Thing extends object>(thing: Thing): Thing =>
    new Proxy(thing, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value === 'function') {
          return (...parameters: readonly unknown[]) => {
            const result: unknown = value.apply(target, parameters);
            return result === target || result instanceof ThreadedStatement ? watched(result as object) : result;
          };
        }
        if (value !== undefined || typeof key === 'symbol' || key === 'then') return value;
        throw refuse(key);
      },
      has: (target, key) => {
        if (Reflect.has(target, key)) return true;
        throw refuse(String(key));
      },
    });
  try {
    await prepare?.(watched(database));
  } catch (error) {
    if (missing === undefined) throw error;
  }
  // It may have caught the error itself.
  if (missing !== undefined) throw new NotInThreadError(`a connection in a thread has no "${missing}"`);
}

import type { SqliteValue } from '../../connection.js';
import type { Answer, DatabaseThreadSetup, Request } from './protocol.js';

interface Statement {
  readonly reader: boolean;
  safeIntegers(on: boolean): Statement;
  raw(on: boolean): Statement;
  all(...parameters: readonly unknown[]): SqliteValue[][];
  iterate(...parameters: readonly unknown[]): IterableIterator<SqliteValue[]>;
  run(...parameters: readonly unknown[]): unknown;
}

interface Driver {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  pragma(source: string, options?: object): unknown;
  loadExtension(...parameters: readonly string[]): unknown;
  close(): unknown;
}

/**
 * The program of a thread that has a connection of its own to a database and does on it what it is asked. It is started
 * from its own source text and therefore uses nothing else in this file, as `readLines` of the archive's lines does.
 */
export function serveDatabase(): void {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { driver, port, signal } = workerData as DatabaseThreadSetup;
  /** Rows are read from a cursor for so many milliseconds, or until there are so many. */
  const CURSOR_MS = 3;
  const CURSOR_ROWS = 500;
  const answered = new Int32Array(signal);
  const cursors = new Map<number, IterableIterator<SqliteValue[]>>();
  let database!: Driver;
  let inserts: Statement[] = [];
  let hasFailed = false;

  const ofCheck = (error: unknown) => String((error as Error).message).startsWith('CHECK constraint failed');
  const refuseOutside = () => {
    if (!database.inTransaction) throw new Error('the transaction has ended');
  };

  /** For this row only: every other one is checked. */
  const insertUnchecked = (insert: Statement, values: readonly SqliteValue[]) => {
    try {
      database.exec('PRAGMA ignore_check_constraints = ON');
      insert.run(values);
    } finally {
      database.exec('PRAGMA ignore_check_constraints = OFF');
    }
  };

  /** @returns how many rows violate a check of their table */
  const insertAll = ({
    memory,
    length,
    statements,
    forget,
    mayBreakChecks,
  }: Extract<Request, { kind: 'insert' }>): number => {
    const bytes = Buffer.from(memory, 0, length);
    const view = new DataView(memory, 0, length);
    if (forget) {
      inserts = [];
      hasFailed = false;
    }
    if (hasFailed) throw new Error('a row before was refused');
    // Until a block is done, it counts as one that was not.
    hasFailed = true;
    refuseOutside();
    for (const sql of statements) inserts.push(database.prepare(sql));
    let violating = 0;
    for (let at = 0; at < length; ) {
      const insert = inserts[view.getUint16(at)]!;
      const count = view.getUint16(at + 2);
      const values: SqliteValue[] = [];
      at += 4;
      while (values.length < count) {
        const kind = bytes[at++];
        if (kind === 0) {
          values.push(null);
        } else if (kind === 1) {
          values.push(view.getBigInt64(at));
          at += 8;
        } else if (kind === 2) {
          values.push(view.getFloat64(at));
          at += 8;
        } else {
          const end = at + 4 + view.getUint32(at);
          const start = at + 4;
          values.push(kind === 3 ? bytes.toString('utf8', start, end) : new Uint8Array(memory, start, end - start));
          at = end;
        }
      }
      try {
        insert.run(values);
      } catch (error) {
        if (!mayBreakChecks || !ofCheck(error)) throw error;
        insertUnchecked(insert, values);
        violating++;
      }
    }
    hasFailed = false;
    return violating;
  };

  const nextRows = (cursor: number) => {
    const rows: SqliteValue[][] = [];
    const end = performance.now() + CURSOR_MS;
    while (rows.length < CURSOR_ROWS && performance.now() < end) {
      const { value, done } = cursors.get(cursor)!.next();
      if (done) {
        cursors.delete(cursor);
        return { rows, done: true };
      }
      rows.push(value);
    }
    return { rows, done: false };
  };

  const answer = (request: Request): unknown => {
    if ('inside' in request && request.inside) refuseOutside();
    switch (request.kind) {
      case 'open':
        database = new (createRequire(driver)(driver))(request.file, request.options) as Driver;
        return undefined;
      case 'exec':
        return void database.exec(request.sql);
      case 'pragma':
        return database.pragma(request.source, request.options);
      case 'loadExtension':
        return void database.loadExtension(...request.parameters);
      case 'returnsRows':
        return database.prepare(request.sql).reader;
      case 'all': {
        const { sql, safeIntegers, raw, parameters } = request;
        return database
          .prepare(sql)
          .safeIntegers(safeIntegers)
          .raw(raw)
          .all(...parameters);
      }
      case 'run':
        return database.prepare(request.sql).run(...request.parameters);
      case 'iterate': {
        const { sql, safeIntegers, raw, parameters, cursor } = request;
        const statement = database.prepare(sql).safeIntegers(safeIntegers).raw(raw);
        cursors.set(cursor, statement.iterate(...parameters));
        return nextRows(cursor);
      }
      case 'next':
        return nextRows(request.cursor);
      case 'return':
        cursors.get(request.cursor)?.return?.();
        return void cursors.delete(request.cursor);
      case 'insert':
        return insertAll(request);
      case 'close':
        // A connection with an open statement refuses to close.
        for (const rows of cursors.values()) rows.return?.();
        database?.close();
        return undefined;
    }
  };

  port.on('message', ({ id, request }: { readonly id: number; readonly request: Request }) => {
    let reply: Answer;
    try {
      reply = { id, value: answer(request) };
    } catch (error) {
      const { message = error, code } = (error ?? {}) as { message?: unknown; code?: unknown };
      reply = { id, error: { message: String(message), ...(typeof code === 'string' && { code }) } };
    }
    port.postMessage(reply);
    Atomics.add(answered, 0, 1);
    Atomics.notify(answered, 0);
    if (request.kind === 'close') port.close();
  });
}

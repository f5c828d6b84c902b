import type { DataSource } from 'typeorm';
import { aborted } from '../../../errors/run-errors.js';
import { refusal } from '../refusal.js';
import { executeEarly, executePacket, packetOf } from './early-packets.js';
import { failure, refusedByMysql } from './errors.js';
import { loadMysql2, type Mysql2Connection, type RawRow, type RawStatement } from './mysql2.js';
import { pinSettings } from './settings.js';

/** The method with which TypeORM's MysqlDriver builds the options of its own pool; async in some versions. */
interface MysqlDriver {
  createConnectionOptions(options: object, credentials: object): object | Promise<object>;
}

/**
 * Options that say where the server is and how to log in. Everything else (pool limits, value conversion) concerns only
 * the application.
 */
const KEPT: ReadonlySet<string> = new Set(
  (
    'uri host port socketPath localAddress user password password1 password2 password3 passwordSha1 database ssl ' +
    'insecureAuth authPlugins authSwitchHandler enableCleartextPlugin connectTimeout connectAttributes compress flags ' +
    'stream disableEval'
  ).split(' '),
);
const KEEP_ALIVE_MS = 30_000;
const GOODBYE_MS = 1_000;

/** A statement that the server has parsed; values take the place of its question marks. */
export interface Prepared {
  execute(values: ReadonlyArray<string | number | null>): Promise<void>;
  /** The bytes that `execute` would send, from their header on; undefined where the driver does not show them. */
  packetOf(values: ReadonlyArray<string | number | null>): Buffer | undefined;
  /** Executes it with such bytes, which are read until it settles. */
  send(packet: Buffer): Promise<void>;
  close(): void;
}

/** A separate connection to the application's database, with pinned settings; the application's pool is not used. */
export class MysqlConnection {
  private readonly loss = new AbortController();
  private streaming = false;
  private detach = (): void => {};

  private constructor(private readonly client: Mysql2Connection) {
    client.on('error', (error) => this.destroy(error));
    client.on('end', () => this.destroy(connectionClosed()));
  }

  /**
   * @param signal destroys the connection, whatever it is doing
   * @throws BackupError `DATABASE_UNAVAILABLE`, `DATABASE_FAILED` when the server refuses, `MISSING_PACKAGE`, `ABORTED`
   */
  static async open(dataSource: DataSource, signal?: AbortSignal): Promise<MysqlConnection> {
    const mysql2 = await loadMysql2();
    const options = await connectionOptions(dataSource);
    // The driver searches each statement for placeholders, even a megabyte of rows that comes without values.
    const queryFormat = (sql: string, values: unknown, timezone?: string) =>
      Array.isArray(values) && values.length === 0 ? sql : mysql2.format(sql, values, false, timezone);
    if (signal?.aborted) throw aborted(signal.reason);
    let connection: MysqlConnection | undefined;
    try {
      connection = new MysqlConnection(mysql2.createConnection({ ...options, queryFormat }));
      connection.follow(signal);
      await pinSettings(connection);
      return connection;
    } catch (cause) {
      connection?.destroy();
      const refused = refusedByMysql(cause);
      throw refused ? refusal(dataSource, refused, cause) : failure('connected to it', cause);
    }
  }

  /** Aborted when the connection is lost, for whatever reason. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** All rows of a small result. Rejects with the driver's error. */
  query(sql: string, values: readonly unknown[] = []): Promise<RawRow[]> {
    return this.answer((done) => this.client.query({ sql, values, rowsAsArray: true, typeCast: false }, done));
  }

  /** Has the server parse a statement without a result, to execute it several times. Rejects with the driver's error. */
  async prepare(sql: string): Promise<Prepared> {
    const statement = await this.answer<RawStatement>((done) => this.client.prepare({ sql }, done));
    return {
      execute: (values) => this.answer<void>((done) => executeEarly(this.client, statement, values, done)),
      packetOf: (values) => (this.lost.aborted ? undefined : packetOf(this.client, statement, values)),
      send: (packet) => this.answer<void>((done) => executePacket(this.client, statement, packet, done)),
      close: () => {
        if (!this.lost.aborted) this.client.unprepare({ sql });
      },
    };
  }

  /** All rows of a small result, as text. */
  async texts(sql: string, values: readonly unknown[] = []): Promise<Array<Array<string | null>>> {
    const rows = await this.query(sql, values);
    return rows.map((row) => row.map((cell) => cell && cell.toString('utf8')));
  }

  /**
   * Passes on the rows of a large result one by one as they arrive, then calls `onEnd` once, with the error if the
   * result was cut short. An error thrown by `onRow` ends the connection.
   */
  stream(sql: string, onRow: (row: RawRow) => void, onEnd: (error?: unknown) => void): void {
    let ended = false;
    const end = (error?: unknown) => {
      if (ended) return;
      ended = true;
      this.streaming = false;
      this.lost.removeEventListener('abort', lost);
      onEnd(error);
    };
    const lost = () => end(this.lost.reason);
    this.streaming = true;
    if (this.lost.aborted) return lost();
    this.lost.addEventListener('abort', lost, { once: true });
    const query = this.client.query({ sql, values: [], rowsAsArray: true, typeCast: false });
    query.on('result', (row) => {
      if (ended) return;
      try {
        onRow(row);
      } catch (error) {
        this.destroy(error);
      }
    });
    query.on('error', end);
    query.on('end', () => end());
  }

  /** Pauses a stream of rows; the server waits. */
  pause(): void {
    this.client.pause();
  }

  resume(): void {
    if (!this.lost.aborted) this.client.resume();
  }

  /**
   * Ends the connection properly if the server still responds; safe to call twice, and after the connection was lost.
   */
  async close(): Promise<void> {
    if (this.streaming || this.lost.aborted) return this.destroy();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.client.end(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, GOODBYE_MS);
      }),
    ]);
    clearTimeout(timer);
    this.destroy();
  }

  /** Drops the connection immediately, unread rows included: the server ends its transaction and frees its locks. */
  destroy(reason: unknown = aborted()): void {
    this.detach();
    this.loss.abort(reason);
    this.client.destroy();
    // mysql2 only half-closes, and a server that waits for us to read would keep waiting.
    this.client.stream.destroy();
  }

  /** What the driver calls back with, unless the connection is lost before. */
  private answer<Result>(ask: (done: (error: Error | null, result?: Result) => void) => unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(this.lost.reason);
      if (this.lost.aborted) return lost();
      this.lost.addEventListener('abort', lost, { once: true });
      ask((error, result) => {
        this.lost.removeEventListener('abort', lost);
        // The driver may not have reported yet that the connection has closed.
        if ((error as { fatal?: boolean } | null)?.fatal) this.destroy(error);
        if (error) reject(error);
        else resolve(result!);
      });
    });
  }

  private follow(signal: AbortSignal | undefined): void {
    const abort = () => this.destroy(aborted(signal?.reason));
    signal?.addEventListener('abort', abort, { once: true });
    this.detach = () => signal?.removeEventListener('abort', abort);
  }
}

function connectionClosed(): Error {
  return Object.assign(new Error('The server closed the connection.'), { code: 'PROTOCOL_CONNECTION_LOST' });
}

/** mysql2's options for a connection like those of the application's pool; with replication, to the master. */
async function connectionOptions({ driver, options }: DataSource): Promise<object> {
  const { replication } = options as { replication?: { master: object } };
  const mysqlDriver = driver as unknown as MysqlDriver;
  const poolOptions = await mysqlDriver.createConnectionOptions(options, replication?.master ?? options);
  const kept = Object.entries(poolOptions).filter(([name, value]) => KEPT.has(name) && value !== undefined);
  return {
    ...Object.fromEntries(kept),
    charset: 'utf8mb4',
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  };
}

import type { Socket } from 'node:net';
import { missingPackage } from '../../../errors/usage-errors.js';

/** A row as the server sent it: the bytes of each cell, null for NULL. */
export type RawRow = ReadonlyArray<Buffer | null>;

export interface RawQuery {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly rowsAsArray: true;
  /** Keeps cells as bytes. */
  readonly typeCast: false;
}

export interface RowEvents {
  on(event: 'result', listener: (row: RawRow) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** A statement that the server has parsed. */
export interface RawStatement {
  execute(values: readonly unknown[], callback: (error: Error | null) => void): unknown;
}

/**
 * The part of mysql2's connection that is used; its types are those of an optional peer. The same in versions 2 and 3.
 */
export interface Mysql2Connection {
  /** The socket; after the TLS handshake, the encrypted one. */
  readonly stream: Socket;
  query(query: RawQuery, callback: (error: Error | null, rows: RawRow[]) => void): unknown;
  query(query: RawQuery): RowEvents;
  prepare(query: { sql: string }, callback: (error: Error | null, statement: RawStatement) => void): unknown;
  /** Closes what `prepare` made of the same text. */
  unprepare(query: { sql: string }): unknown;
  pause(): void;
  resume(): void;
  end(callback: () => void): void;
  destroy(): void;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
}

interface Mysql2 {
  createConnection(options: object): Mysql2Connection;
  format(sql: string, values: unknown, stringifyObjects?: boolean, timezone?: string): string;
}

/** @throws BackupError `MISSING_PACKAGE` */
export async function loadMysql2(): Promise<Mysql2> {
  try {
    const loaded: unknown = typeof require === 'function' ? require('mysql2') : (await import('mysql2')).default;
    return loaded as Mysql2;
  } catch (cause) {
    throw missingPackage('mysql2', cause);
  }
}

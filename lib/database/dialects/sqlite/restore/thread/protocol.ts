import type { MessagePort } from 'node:worker_threads';
import type { SqliteValue } from '../../connection.js';

/** What the thread is started with. */
export interface DatabaseThreadSetup {
  /** The file that the driver is required from. */
  readonly driver: string;
  readonly port: MessagePort;
  /** An Int32 that changes after each answer. */
  readonly signal: SharedArrayBuffer;
}

/** How a statement returns its rows. */
export interface RowForm {
  readonly raw: boolean;
  readonly safeIntegers: boolean;
}

interface Query extends RowForm {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Rows that were packed by `PackedRows`. */
export interface PackedBlock {
  readonly memory: SharedArrayBuffer;
  readonly length: number;
  /** Statements that this and later blocks refer to by their place, in addition to those before. */
  readonly statements: readonly string[];
  /** Whether those before are no longer used. */
  readonly forget: boolean;
  /** Whether rows that violate a CHECK are kept. */
  readonly mayBreakChecks: boolean;
}

/**
 * `inside`: refused unless a transaction is open, so that nothing that was under way when it ended is committed alone.
 * Queries change nothing; a dry run makes them without a transaction.
 * Requests are answered in their order.
 */
export type Request =
  | { readonly kind: 'open'; readonly file: string; readonly options: object }
  | { readonly kind: 'exec'; readonly sql: string; readonly inside?: boolean }
  | { readonly kind: 'pragma'; readonly source: string; readonly options?: object }
  | { readonly kind: 'loadExtension'; readonly parameters: readonly string[] }
  | { readonly kind: 'returnsRows'; readonly sql: string }
  | ({ readonly kind: 'all' } & Query)
  | ({ readonly kind: 'run' } & Query)
  | ({ readonly kind: 'iterate'; readonly cursor: number } & Query)
  | { readonly kind: 'next' | 'return'; readonly cursor: number }
  | ({ readonly kind: 'insert' } & PackedBlock)
  | { readonly kind: 'close' };

/** `id` of the request; an error has what the driver's has. */
export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string };
}

/** Rows of a cursor; after the last ones it is done. */
export interface CursorRows {
  readonly rows: SqliteValue[][];
  readonly done: boolean;
}

/** Classes of packed values. */
export const PACKED = { null: 0, integer: 1, real: 2, text: 3, bytes: 4 } as const;
/** Bytes of the header of a row (place of its statement, number of values), and the most of a value without content. */
export const ROW_HEADER_BYTES = 4;
export const VALUE_HEADER_BYTES = 9;

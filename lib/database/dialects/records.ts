import type { TableLocation } from '../table-location.js';
import { RESTORE_TABLE } from './restore-dialect.js';

/** The name of the table that holds the records. It is the library's own and never counts as unmapped. */
export const RECORDS_TABLE = 'nestjs_backup_state';

const OWN_TABLES: ReadonlySet<string> = new Set([RESTORE_TABLE, RECORDS_TABLE]);

/** Whether a table is the library's own, and no business of a restore. */
export function isOwnTable({ schema, name }: TableLocation): boolean {
  return schema === null && OWN_TABLES.has(name);
}

/** In ASCII characters. */
export const LONGEST_NAME = 100;

export interface StoredRecord {
  readonly name: string;
  readonly value: string;
  /** Milliseconds since it was written, by one clock for all processes. */
  readonly age: number;
}

/**
 * Small records that all processes of one database share: written and read over a connection of its own, at any time,
 * also while a restore keeps everybody away from the application's tables.
 */
export interface RecordStore {
  all(): Promise<StoredRecord[]>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Aborts when its connection is lost. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;

/** For a database that no other process can reach. */
export class MemoryRecords implements RecordStore {
  readonly lost: AbortSignal = NEVER;
  private readonly records = new Map<string, { readonly value: string; readonly at: number }>();

  async all(): Promise<StoredRecord[]> {
    const now = performance.now();
    return [...this.records].map(([name, { value, at }]) => ({ name, value, age: now - at }));
  }

  async write(name: string, value: string): Promise<void> {
    this.records.set(name, { value, at: performance.now() });
  }

  async remove(name: string): Promise<void> {
    this.records.delete(name);
  }

  async close(): Promise<void> {}
}

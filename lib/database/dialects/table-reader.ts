import type { LineBlock } from '../../jsonl/format.js';
import type { CatalogTable } from '../catalog-table.js';

/** Reads whole tables in the form in which they are written into an archive. */
export interface TableReader {
  /** Every ordinary table of the database, mapped or not. System tables, views and internal shadow tables are left out. */
  readonly tables: readonly CatalogTable[];
  /**
   * The rows of one table as lines of `backup.jsonl`, in blocks of about `LINE_BLOCK_BYTES`.
   * Reads a few megabytes further than its consumer at most, never blocks the event loop, and ends its queries when the
   * consumer stops early.
   */
  lines(table: CatalogTable, model: string): AsyncIterable<LineBlock>;
  /** The text of some columns, as strings, for small tables. */
  select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]>;
}

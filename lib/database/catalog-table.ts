import type { ColumnEncoding } from '../jsonl/values.js';
import type { TableLocation } from './table-location.js';

/** A column as the database's own catalog knows it. */
export interface CatalogColumn {
  readonly name: string;
  /** The declared type in the server's own words, for example `numeric(10,2)`. */
  readonly type: string;
  /** How its values are written in `backup.jsonl`. */
  readonly encoding: ColumnEncoding;
  readonly nullable: boolean;
  /** Computed by the database from other columns: never exported, never inserted. */
  readonly generated: boolean;
}

/** A table as the database's own catalog knows it: the authority on what is exported. */
export interface CatalogTable extends TableLocation {
  /** All columns in catalog order, generated ones included. */
  readonly columns: readonly CatalogColumn[];
  /** Column names of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
  /** What a consistent, complete copy of this table cannot promise, in sentences (a non-transactional engine, say). */
  readonly caveats: readonly string[];
  /**
   * Foreign keys and checks that rows may violate all the same, as `constraint-texts.ts` writes them: to be compared, not
   * parsed. Absent where the engine needs no such list.
   */
  readonly constraints?: readonly string[];
}

/** A foreign key between two tables. */
export interface CatalogForeignKey {
  readonly name: string;
  readonly from: TableLocation;
  readonly to: TableLocation;
}

/** The state of a counter that hands out keys (a sequence, an AUTO_INCREMENT, a row of sqlite_sequence). */
export interface SequenceState {
  /** Sequence name, schema-qualified like a table's model name; for counters that belong to a table, the table's. */
  readonly name: string;
  /** Decimal digits. PostgreSQL: last_value; MySQL: the next value; SQLite: the last value handed out. */
  readonly value: string;
  /** PostgreSQL's is_called; absent elsewhere. */
  readonly called?: boolean;
}

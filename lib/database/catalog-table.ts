import type { ColumnEncoding } from '../jsonl/format.js';
import type { TableLocation } from './table-location.js';

/** A column as described by the database's own catalog. */
export interface CatalogColumn {
  readonly name: string;
  /** The declared type as the server spells it, for example `numeric(10,2)`. */
  readonly type: string;
  /** How its values are written in `backup.jsonl`. */
  readonly encoding: ColumnEncoding;
  readonly nullable: boolean;
  /** Computed by the database from other columns: never exported, never inserted. */
  readonly generated: boolean;
}

/** A table as described by the database's own catalog, which decides what is exported. */
export interface CatalogTable extends TableLocation {
  /** All columns in catalog order, generated ones included. */
  readonly columns: readonly CatalogColumn[];
  /** Column names of the primary key in key order; empty without one. */
  readonly primaryKey: readonly string[];
  /**
   * Why a consistent, complete copy of this table is not guaranteed, in sentences (e.g. a non-transactional engine).
   */
  readonly caveats: readonly string[];
  /**
   * Foreign keys and checks that existing rows may violate, as written by `constraint-texts.ts`: to be compared, not
   * parsed. Absent if the engine needs no such list.
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

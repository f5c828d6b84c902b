import type { ColumnEncoding } from '../database/column-encoding.js';
import type { SequenceState } from '../database/dialects/dialect.js';

/** Name and version of the archive format. */
export const ARCHIVE_FORMAT = 'nestjs-backup/1';

/** One table of `backup.jsonl`. */
export interface ManifestTable {
  /** The lines' `model`: schema-qualified when the table is not in the default schema. */
  readonly name: string;
  /** The schema (MySQL: database, SQLite: attached file), null for the default one. */
  readonly schema: string | null;
  readonly table: string;
  /** Entities that map it; none for a table that was included without. */
  readonly entities: readonly string[];
  /** Stored columns in catalog order. */
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string; readonly encoding: ColumnEncoding }>;
  readonly primaryKey: readonly string[];
  readonly rows: number;
  /** `sha256:` and the hexadecimal SHA-256 of the table's lines, line feeds included. */
  readonly digest: string;
  /** True when the host left its rows out (`excludeEntities`). */
  readonly excluded: boolean;
}

/** `manifest.json`, the archive's last entry: everything that the archive holds and lacks. */
export interface BackupManifest {
  readonly format: typeof ARCHIVE_FORMAT;
  readonly id: string;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly appVersion: string;
  readonly database: { readonly type: string; readonly version: string };
  readonly tables: readonly ManifestTable[];
  readonly sequences: readonly SequenceState[];
  readonly files: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  /** Files that should be in the archive and are not. */
  readonly skipped: ReadonlyArray<{ readonly path: string; readonly reason: string }>;
  readonly warnings: readonly string[];
  /** False when something was skipped. */
  readonly complete: boolean;
}

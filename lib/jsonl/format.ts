import { constants } from 'node:buffer';
import type { RowBatch } from './values.js';

/** The properties of a column that affect a line. */
interface LineColumn {
  readonly name: string;
  /** Computed by the database from other columns: not part of any line. */
  readonly generated: boolean;
}

/** A line of `backup.jsonl` with a gap for each value: literal 0, column 0, literal 1, … column n-1, literal n. */
export interface LineTemplate<Column extends LineColumn = LineColumn> {
  /** One more than there are columns; the last one ends with the line's closing braces, without a line feed. */
  readonly literals: readonly string[];
  /** The stored columns in the order of the line: first the key, then the fields. */
  readonly columns: readonly Column[];
}

/**
 * The fixed text of a table's lines: `{"model":"…","pk":` value or `[`values`]` or null `,"fields":{"name":`value`,…}}`.
 * Writers fill the gaps with one JSON value each, without spaces.
 */
export function lineTemplate<Column extends LineColumn>(
  table: { readonly columns: readonly Column[]; readonly primaryKey: readonly string[] },
  model: string,
): LineTemplate<Column> {
  const stored = table.columns.filter((column) => !column.generated);
  const key = table.primaryKey.map((name) => stored.find((column) => column.name === name)!);
  const fields = stored.filter((column) => !key.includes(column));
  const composite = key.length > 1;

  const literals: string[] = [];
  let literal = `{"model":${JSON.stringify(model)},"pk":${key.length === 0 ? 'null' : composite ? '[' : ''}`;
  key.forEach((_, index) => {
    literals.push(index === 0 ? literal : ',');
    literal = composite ? ']' : '';
  });
  literal += ',"fields":{';
  fields.forEach((column, index) => {
    literals.push(`${literal}${index === 0 ? '' : ','}${JSON.stringify(column.name)}:`);
    literal = '';
  });
  literals.push(`${literal}}}`);
  return { literals, columns: [...key, ...fields] };
}

/** A line is parsed as one string, of at most 512 MiB, and is read together with others around it. */
export const LONGEST_LINE_BYTES = constants.MAX_STRING_LENGTH - 2 ** 20;

/** Target size of line blocks, in bytes; a single longer line makes a longer block. */
export const LINE_BLOCK_BYTES = 256 * 1024;

/** Whole lines of one table, in UTF-8, each ended by a line feed, and their number. */
export interface LineBlock {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Lines of an archive that have not been parsed yet. */
export interface UnparsedBlock extends LineBlock {
  /** @throws BackupError `ARCHIVE_INVALID` */
  rows(): RowBatch;
}

import { constants } from 'node:buffer';

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

/**
 * How the values of one column are written in `backup.jsonl`. The encoding belongs to the column, never to a single
 * value, and is recorded in the manifest. SQL NULL is always null.
 *
 * - `integer`: a JSON number (integers of up to 32 bits; SQLite: up to 2^53)
 * - `boolean`: true or false
 * - `text`: the server's own loss-free text, as a string
 * - `hex`, `base64`: bytes, as a string
 * - `index`: the number of an enum's label as a string of digits, where the empty label and the error value look alike
 * - `real`, `numeric`: SQLite's numbers as a string; in `numeric`, digits alone are an INTEGER, everything else a REAL
 *
 * In SQLite, any column may hold any storage class. A value whose class is not the one of its column's encoding is
 * written as an object with one key: `{"i":"<digits>"}`, `{"r":"<number>"}`, `{"b":"<base64>"}` or `{"t":"<base64 of
 * the text's bytes>"}` for INTEGER, REAL, BLOB and TEXT.
 */
export type ColumnEncoding = 'integer' | 'boolean' | 'text' | 'hex' | 'base64' | 'index' | 'real' | 'numeric';

/** A value of a line as `JSON.parse` gives it; objects are SQLite's tagged values. */
export type LineValue = null | boolean | number | string | Readonly<Record<string, string>>;

/** Some rows of one table; each has its values in the order of the columns. */
export type RowBatch = ReadonlyArray<readonly LineValue[]>;

const HEX = /^(?:[0-9a-f]{2})*$/i;
const DIGITS = /^-?\d+$/;
const REAL = /^-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Infinity)$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const isBase64 = (value: unknown) => typeof value === 'string' && value.length % 4 === 0 && BASE64.test(value);
const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);

const PLAIN: Readonly<Record<ColumnEncoding, (value: unknown) => boolean>> = {
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  text: (value) => typeof value === 'string',
  hex: isText(HEX),
  base64: isBase64,
  index: isText(DIGITS),
  real: isText(REAL),
  numeric: isText(REAL),
};

const TAGGED = new Map<string, (value: unknown) => boolean>([
  ['i', isText(DIGITS)],
  ['r', isText(REAL)],
  ['b', isBase64],
  ['t', isBase64],
]);

/** Whether a column of this encoding may hold a JSON value. */
export function valueCheck(encoding: ColumnEncoding): (value: unknown) => value is LineValue {
  const isPlain = PLAIN[encoding];
  return (value): value is LineValue =>
    value === null || (typeof value === 'object' ? isTagged(value) : isPlain(value));
}

function isTagged(value: object): boolean {
  const [field, ...more] = Object.entries(value);
  return field !== undefined && more.length === 0 && TAGGED.get(field[0])?.(field[1]) === true;
}

/** A line is parsed as one string, of at most 512 MiB, and is read together with others around it. */
export const LONGEST_LINE_BYTES = constants.MAX_STRING_LENGTH - 2 ** 20;

/** Target size of line blocks, in bytes; a single longer line makes a longer block. */
export const LINE_BLOCK_BYTES = 256 * 1024;

/** Whole lines of one table, in UTF-8, each ended by a line feed, and their number. */
export interface LineBlock {
  readonly bytes: Buffer;
  readonly count: number;
  /** Present if it was asked for, and every line is written as this version writes it. */
  readonly found?: FoundValues;
}

/** Where the values of lines are, found by the thread that has read them. */
export interface FoundValues {
  /**
   * Start and end of each value of each line, in the template's order, as by a `LineScanner`. A start of -1 is null; a
   * negative end is the complement of one in `texts`, where the text is without its escapes.
   */
  readonly places: Int32Array;
  readonly texts: Buffer;
}

/** Lines of an archive that have not been parsed yet. */
export interface UnparsedBlock extends LineBlock {
  /** @throws BackupError `ARCHIVE_INVALID` */
  rows(): RowBatch;
}

/** The same bytes, to be read several at a time. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/**
 * Skips bytes that stand for themselves in a JSON string, four at a time. Uses nothing else of this file: see
 * `makeScanner`.
 * @param end of the view, whose own `byteLength` is slow
 * @returns a position, after which at most three more of them follow
 */
export function skipPlain(view: DataView, at: number, end: number): number {
  // One byte in each of the four of a word.
  const ONES = 0x01010101;
  const HIGH_BITS = 0x80808080;
  const QUOTES = 0x22222222;
  const BACKSLASHES = 0x5c5c5c5c;
  const SPACES = 0x20202020;
  const lastWord = end - 4;
  let position = at;
  for (; position <= lastWord; position += 4) {
    const word = view.getInt32(position, true);
    const quote = word ^ QUOTES;
    const backslash = word ^ BACKSLASHES;
    // Subtracting sets the high bit of a byte that is a quote, a backslash or below a space.
    const found = ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - SPACES) & ~word);
    if ((found & HIGH_BITS) !== 0) break;
  }
  return position;
}

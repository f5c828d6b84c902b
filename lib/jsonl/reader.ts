import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { displayName } from '../support/visible-text.js';
import type { LineValue, RowBatch, UnparsedBlock } from './format.js';
import type { LineSource } from './line-source.js';
import { LineError, type LineTable, lineParser, plainLines } from './parser.js';

/** What the manifest says about a table. */
export interface ExpectedTable extends LineTable {
  readonly rows: number;
  /** `sha256:` and the hexadecimal SHA-256 of the table's lines, line feeds included. */
  readonly digest: string;
}

/** One table of an archive. */
export interface TableRows<Table extends ExpectedTable = ExpectedTable> {
  readonly table: Table;
  /**
   * Its rows, about 256 KiB of lines at a time, to be read once. Throws (`ARCHIVE_INVALID`) after the last row if the
   * rows are not those that the manifest counts and digests.
   */
  readonly batches: AsyncIterable<RowBatch>;
  /** The same lines without parsing, as an alternative to `batches`. */
  readonly lines: AsyncIterable<UnparsedBlock>;
}

export interface LineReaderOptions {
  /** Called when some rows of a table have been read; an error that it throws ends the reading. */
  readonly onRead?: (table: string, rows: number, bytes: number) => void;
}

/**
 * Reads `backup.jsonl`, table by table in the order of the manifest, including tables without rows. Rows that the
 * caller skips are read and checked before the next table. The lines are closed in any case.
 * @throws BackupError `ARCHIVE_INVALID`, naming table and line, at the first line that contradicts the manifest
 */
export async function* readTables<Table extends ExpectedTable>(
  lines: LineSource,
  { tables }: { readonly tables: readonly Table[] },
  { onRead = () => {} }: LineReaderOptions = {},
): AsyncGenerator<TableRows<Table>> {
  try {
    for (const table of tables) {
      const batches = readLines(lines, table, onRead);
      const unparsed = { [Symbol.asyncIterator]: () => keepOpen(batches) };
      yield { table, lines: unparsed, batches: parsed(unparsed) };
      // Lines that nobody consumed have not been checked yet.
      for await (const batch of batches) batch.rows();
    }
    if (await lines.next(1)) {
      throw archiveInvalid(`line ${lines.taken} of its rows is of no table that the manifest accounts for`);
    }
  } finally {
    await lines.close();
  }
}

/** Lets a consumer stop early without ending the reading. */
function keepOpen(batches: AsyncGenerator<UnparsedBlock>): AsyncIterator<UnparsedBlock> {
  return { next: () => batches.next() };
}

/** The rows of lines, a batch for each block. */
export function parsed(lines: AsyncIterable<UnparsedBlock>): AsyncIterable<RowBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of lines) yield batch.rows();
    },
  };
}

async function* readLines(
  lines: LineSource,
  table: ExpectedTable,
  onRead: NonNullable<LineReaderOptions['onRead']>,
): AsyncGenerator<UnparsedBlock> {
  const parse = lineParser(table);
  const scan = plainLines(table);
  for (let missing = table.rows; missing > 0; ) {
    const first = lines.taken + 1;
    const block = await lines.next(missing);
    if (!block) throw wrong(table, first, `ends it, and ${missing} of ${table.rows} rows are missing`);
    yield { ...block, rows: () => scan(block.bytes) ?? parseLines(block.bytes, first, table, parse) };
    onRead(table.name, block.count, block.bytes.length);
    missing -= block.count;
  }
  if (`sha256:${lines.digest()}` !== table.digest) {
    throw wrong(table, lines.taken, 'is its last, and its rows are not those that the manifest digests');
  }
}

function parseLines(
  bytes: Buffer,
  first: number,
  table: ExpectedTable,
  parse: (line: string) => LineValue[],
): RowBatch {
  const lines = bytes.toString('utf8').split('\n');
  lines.pop();
  return lines.map((line, index) => {
    try {
      return parse(line);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      throw wrong(table, first + index, error.message);
    }
  });
}

function wrong({ name }: ExpectedTable, line: number, problem: string): BackupError {
  return archiveInvalid(`table ${displayName(name)}: line ${line} of its rows ${problem}`);
}

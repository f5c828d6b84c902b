import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { archiveInvalid, overLimit } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { displayName } from '../support/visible-text.js';
import { lineBlocks, splitBlock } from './blocks.js';
import { type LineBlock, LONGEST_LINE_BYTES, type UnparsedBlock } from './format.js';
import { LineError, type LineTable, lineParser, plainLines } from './parser.js';
import type { LineValue, RowBatch } from './values.js';

/** What the manifest says of a table. */
export interface ExpectedTable extends LineTable {
  readonly rows: number;
  /** `sha256:` and the hexadecimal SHA-256 of the table's lines, line feeds included. */
  readonly digest: string;
}

/** One table of an archive. */
export interface TableRows<Table extends ExpectedTable = ExpectedTable> {
  readonly table: Table;
  /**
   * Its rows, about 256 KiB of lines at a time, to be read once. After the last row comes an error (`ARCHIVE_INVALID`) if
   * they are not the ones that the manifest counts and digests.
   */
  readonly batches: AsyncIterable<RowBatch>;
  /** The same, read instead and not parsed. */
  readonly lines: AsyncIterable<UnparsedBlock>;
}

export interface LineReaderOptions {
  /** The longest line that is accepted, in bytes. Default: what a text of Node.js can be sure to hold. */
  readonly lineBytes?: number;
  /** Called when some rows of a table have been taken; what it throws ends the reading. */
  readonly onRead?: (table: string, rows: number, bytes: number) => void;
}

/**
 * Reads `backup.jsonl`, table by table in the order of the manifest, tables without rows included. What is not read of a
 * table is read, and checked, before the next. The stream is closed in any case.
 * @throws BackupError `ARCHIVE_INVALID`, naming table and line, at the first line that the manifest does not account for
 */
export async function* readTables<Table extends ExpectedTable>(
  lines: Readable,
  { tables }: { readonly tables: readonly Table[] },
  { lineBytes = LONGEST_LINE_BYTES, onRead = () => {} }: LineReaderOptions = {},
): AsyncGenerator<TableRows<Table>> {
  const blocks = new Lines(lines, Math.min(lineBytes, LONGEST_LINE_BYTES));
  try {
    for (const table of tables) {
      const batches = readLines(blocks, table, onRead);
      const lines = { [Symbol.asyncIterator]: () => keepOpen(batches) };
      yield { table, lines, batches: parsed(lines) };
      // A line that nobody has wanted is one that nobody has looked at.
      for await (const batch of batches) batch.rows();
    }
    if (await blocks.next(1)) {
      throw archiveInvalid(`line ${blocks.taken} of its rows is of no table that the manifest accounts for`);
    }
  } finally {
    await blocks.close();
    lines.destroy();
  }
}

/** The lines of a stream, a block at a time. */
class Lines {
  /** Lines that were given out. */
  taken = 0;
  private readonly blocks: AsyncGenerator<LineBlock>;
  private rest: LineBlock = { bytes: Buffer.alloc(0), count: 0 };

  constructor(stream: Readable, maxLineBytes: number) {
    const place = () => `at line ${this.taken + 1} or later`;
    this.blocks = lineBlocks(stream as AsyncIterable<Buffer>, maxLineBytes, {
      tooLong: () => overLimit(`a row, ${place()}, is longer than ${maxLineBytes} bytes`, 'lineBytes'),
      notUtf8: () => archiveInvalid(`its rows are not UTF-8, ${place()}`),
      cutOff: () => archiveInvalid('its last row is cut off'),
    });
  }

  /** The next lines, at most `count` of them and at least one; undefined at the end. */
  async next(count: number): Promise<LineBlock | undefined> {
    if (this.rest.count === 0) {
      const { value, done } = await this.blocks.next();
      if (done) return undefined;
      this.rest = value;
    }
    const [block, rest] = splitBlock(this.rest, count);
    this.rest = rest;
    this.taken += block.count;
    return block;
  }

  async close(): Promise<void> {
    await this.blocks.return(undefined);
  }
}

/** A consumer that stops early does not end the reading. */
function keepOpen(batches: AsyncGenerator<UnparsedBlock>): AsyncIterator<UnparsedBlock> {
  return { next: () => batches.next() };
}

function parsed(lines: AsyncIterable<UnparsedBlock>): AsyncIterable<RowBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of lines) yield batch.rows();
    },
  };
}

async function* readLines(
  blocks: Lines,
  table: ExpectedTable,
  onRead: NonNullable<LineReaderOptions['onRead']>,
): AsyncGenerator<UnparsedBlock> {
  const parse = lineParser(table);
  const scan = plainLines(table);
  const digest = createHash('sha256');
  for (let missing = table.rows; missing > 0; ) {
    const first = blocks.taken + 1;
    const block = await blocks.next(missing);
    if (!block) throw wrong(table, first, `ends it, and ${missing} of ${table.rows} rows are missing`);
    digest.update(block.bytes);
    yield { ...block, rows: () => scan(block.bytes) ?? parseLines(block.bytes, first, table, parse) };
    onRead(table.name, block.count, block.bytes.length);
    missing -= block.count;
  }
  if (`sha256:${digest.digest('hex')}` !== table.digest) {
    throw wrong(table, blocks.taken, 'is its last, and its rows are not those that the manifest digests');
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

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '../../archive/archive-limits.js';
import { displayName } from '../../support/visible-text.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import type { BackupManifest, ManifestTable } from '../../manifest/manifest.js';
import { LONGEST_LINE_BYTES } from '../../database/longest-line.js';
import type { LineBatch, LineValue } from '../../database/dialects/restore-dialect.js';
import { LineBlocks } from './line-blocks.js';
import { LineError, lineParser } from './parse-line.js';
import { plainLines } from './scan-lines.js';

/** Some rows of one table; each has its values in the order of the manifest's columns. */
export type RowBatch = ReadonlyArray<readonly LineValue[]>;

/** One table of an archive. */
export interface TableRows {
  readonly table: ManifestTable;
  /**
   * Its rows, about 256 KiB of lines at a time, to be read once. After the last row comes an error (`ARCHIVE_INVALID`) if
   * they are not the ones that the manifest counts and digests.
   */
  readonly batches: AsyncIterable<RowBatch>;
  /** The same, read instead and not parsed. */
  readonly lines: AsyncIterable<LineBatch>;
}

export interface LineReaderOptions extends Partial<Pick<ArchiveLimits, 'lineBytes'>> {
  /** Called when some rows of a table have been taken; what it throws ends the reading. */
  readonly onRead?: (table: string, rows: number, bytes: number) => void;
}

/**
 * Reads `backup.jsonl`, table by table in the order of the manifest, tables without rows included. What is not read of a
 * table is read, and checked, before the next. The stream is closed in any case.
 * @throws BackupError `ARCHIVE_INVALID`, naming table and line, at the first line that the manifest does not account for
 */
export async function* readTables(
  lines: Readable,
  { tables }: Pick<BackupManifest, 'tables'>,
  { lineBytes = DEFAULT_ARCHIVE_LIMITS.lineBytes, onRead = () => {} }: LineReaderOptions = {},
): AsyncGenerator<TableRows> {
  const blocks = new LineBlocks(lines, Math.min(lineBytes, LONGEST_LINE_BYTES));
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

/** A consumer that stops early does not end the reading. */
function keepOpen(batches: AsyncGenerator<LineBatch>): AsyncIterator<LineBatch> {
  return { next: () => batches.next() };
}

function parsed(lines: AsyncIterable<LineBatch>): AsyncIterable<RowBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of lines) yield batch.rows();
    },
  };
}

async function* readLines(
  blocks: LineBlocks,
  table: ManifestTable,
  onRead: NonNullable<LineReaderOptions['onRead']>,
): AsyncGenerator<LineBatch> {
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
  table: ManifestTable,
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

function wrong({ name }: ManifestTable, line: number, problem: string): BackupError {
  return archiveInvalid(`table ${displayName(name)}: line ${line} of its rows ${problem}`);
}

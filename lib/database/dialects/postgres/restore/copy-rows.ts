import { setImmediate } from 'node:timers/promises';
import { archiveInvalid } from '../../../../errors/archive-errors.js';
import type { ColumnEncoding } from '../../../column-encoding.js';
import type { ArchivedLines, LineBatch, LineValue, LoadColumn } from '../../restore-dialect.js';
import { blockCopier } from './copy-block.js';
import type { NullWatch } from './null-watch.js';

const CHUNK_CHARACTERS = 128 * 1024;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Lines in the text format of COPY, in chunks. */
export async function* copyLines(
  columns: readonly LoadColumn[],
  lines: ArchivedLines,
  batches: AsyncIterable<LineBatch>,
  nulls: NullWatch,
): AsyncGenerator<Buffer> {
  const copyBlock = blockCopier(lines, columns, nulls);
  for await (const batch of batches) {
    const block = copyBlock(batch.bytes);
    if (block) yield block;
    else yield* inChunks(columns, batch.rows(), nulls);
    await setImmediate();
  }
}

/** Rows in the text format of COPY, in chunks. */
export async function* copyRows(
  columns: readonly LoadColumn[],
  batches: AsyncIterable<ReadonlyArray<readonly LineValue[]>>,
  nulls: NullWatch,
): AsyncGenerator<Buffer> {
  for await (const batch of batches) yield* inChunks(columns, batch, nulls);
}

async function* inChunks(
  columns: readonly LoadColumn[],
  rows: ReadonlyArray<readonly LineValue[]>,
  nulls: NullWatch,
): AsyncGenerator<Buffer> {
  let text = '';
  for (const row of rows) {
    for (const [index, watched] of nulls.watched.entries()) if (watched && row[index] === null) nulls.see(index);
    text += `${columns.map(({ encoding }, index) => copyValue(encoding, row[index]!)).join('\t')}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
    await setImmediate();
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

function copyValue(encoding: ColumnEncoding, value: LineValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'object') throw archiveInvalid('it holds tagged values, which only SQLite writes');
  if (typeof value !== 'string') return String(value);
  if (encoding === 'hex') return `\\\\x${value}`;
  return /[\\\b\f\n\r\t\v]/.test(value) ? value.replaceAll(/[\\\b\f\n\r\t\v]/g, (found) => ESCAPES[found]!) : value;
}

import { setImmediate } from 'node:timers/promises';
import { archiveInvalid } from '../../../../errors/archive-errors.js';
import {
  type ColumnEncoding,
  LINE_BLOCK_BYTES,
  type LineValue,
  lineTemplate,
  type RowBatch,
  type UnparsedBlock,
  viewOf,
} from '../../../../jsonl/format.js';
import { lineScanner } from '../../../../jsonl/scanner.js';
import type { ArchivedLines, LoadColumn } from '../../restore-dialect.js';
import type { NullWatch } from './not-null.js';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
const SMALL_X = 0x78;
const WORD_BYTES = 4;
/** Longer values are copied faster by the method of buffers. */
const SHORT_BYTES = 400;
const CHUNK_CHARACTERS = 128 * 1024;
/** Size that chunks aim at. */
const CHUNK_BYTES = 256 * 1024;

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Rows in the text format of COPY. */
export interface CopyChunk {
  readonly bytes: Buffer;
  /** Called once nothing refers to `bytes` any more: their memory is reused. Memory that is not given back is not. */
  readonly giveBack?: () => void;
}

/** Lines in the text format of COPY, in chunks. */
export async function* copyLines(
  columns: readonly LoadColumn[],
  lines: ArchivedLines,
  batches: AsyncIterable<UnparsedBlock>,
  nulls: NullWatch,
): AsyncGenerator<CopyChunk> {
  const copyBlock = blockCopier(lines, columns, nulls);
  const buffer = new ChunkBuffer();
  for await (const { bytes, rows } of batches) {
    // Never longer than the lines: a separator replaces a name, `\N` replaces null, `\\x` replaces quotes and a colon.
    const length = copyBlock(bytes, buffer.room(bytes.length));
    if (length !== undefined) {
      buffer.filled += length;
      if (buffer.filled >= CHUNK_BYTES || nulls.hasFound) yield buffer.take();
    } else {
      if (buffer.filled > 0) yield buffer.take();
      yield* inChunks(columns, rows(), nulls);
    }
    await setImmediate();
  }
  if (buffer.filled > 0) yield buffer.take();
}

/** Memory in which chunks are made; that of chunks which were given back is used first. */
class ChunkBuffer {
  filled = 0;
  private current: Buffer = Buffer.alloc(0);
  private readonly spare: Buffer[] = [];

  /** The free part of the memory being filled, at least this many bytes. */
  room(bytes: number): Buffer {
    if (this.current.length < this.filled + bytes) {
      const larger = Buffer.allocUnsafeSlow(this.filled + Math.max(bytes, CHUNK_BYTES + LINE_BLOCK_BYTES));
      this.current.copy(larger, 0, 0, this.filled);
      this.current = larger;
    }
    return this.current.subarray(this.filled);
  }

  take(): CopyChunk {
    const { current, filled, spare } = this;
    this.current = spare.pop() ?? Buffer.alloc(0);
    this.filled = 0;
    return { bytes: current.subarray(0, filled), giveBack: () => void spare.push(current) };
  }
}

/** Rows in the text format of COPY, in chunks. */
export async function* copyRows(
  columns: readonly LoadColumn[],
  batches: AsyncIterable<RowBatch>,
  nulls: NullWatch,
): AsyncGenerator<CopyChunk> {
  for await (const batch of batches) yield* inChunks(columns, batch, nulls);
}

async function* inChunks(columns: readonly LoadColumn[], rows: RowBatch, nulls: NullWatch): AsyncGenerator<CopyChunk> {
  let text = '';
  for (const row of rows) {
    for (const [index, watched] of nulls.watched.entries()) if (watched && row[index] === null) nulls.see(index);
    text += `${columns.map(({ encoding }, index) => copyValue(encoding, row[index]!)).join('\t')}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield { bytes: Buffer.from(text, 'utf8') };
    text = '';
    await setImmediate();
  }
  if (text !== '') yield { bytes: Buffer.from(text, 'utf8') };
}

function copyValue(encoding: ColumnEncoding, value: LineValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'object') throw archiveInvalid('it holds tagged values, which only SQLite writes');
  if (typeof value !== 'string') return String(value);
  if (encoding === 'hex') return `\\\\x${value}`;
  return /[\\\b\f\n\r\t\v]/.test(value) ? value.replaceAll(/[\\\b\f\n\r\t\v]/g, (found) => ESCAPES[found]!) : value;
}

/**
 * Turns lines into rows in the text format of COPY, without parsing them: what is between the quotes of a JSON string
 * means the same there, except `\u`, which the scanner does not accept.
 * @returns how many bytes of `rows` are filled; undefined when a line is not written as expected and has to be parsed
 */
export function blockCopier(
  { model, primaryKey }: ArchivedLines,
  columns: readonly LoadColumn[],
  nulls?: NullWatch,
): (lines: Buffer, rows: Buffer) => number | undefined {
  const written = columns.map(({ target, encoding }) => ({ name: target.name, encoding, generated: false }));
  const template = lineTemplate({ columns: written, primaryKey }, model);
  const encodings = template.columns.map(({ encoding }) => encoding);
  const scanner = lineScanner({ literals: template.literals, encodings });
  const order = written.map((column) => template.columns.indexOf(column));

  return (lines, rows) => {
    const [from, to] = [viewOf(lines), viewOf(rows)];
    let length = 0;
    for (let at = 0; at < lines.length; ) {
      at = scanner.scan(lines, from, at);
      if (at < 0) return undefined;
      for (let index = 0; index < order.length; index++) {
        if (index > 0) rows[length++] = TAB;
        const column = order[index]!;
        if (scanner.nulls[column] === 1) {
          rows[length++] = BACKSLASH;
          rows[length++] = CAPITAL_N;
          if (nulls?.watched[index]) nulls.see(index);
        } else {
          if (written[index]!.encoding === 'hex') {
            rows[length++] = BACKSLASH;
            rows[length++] = BACKSLASH;
            rows[length++] = SMALL_X;
          }
          const [start, end] = [scanner.starts[column]!, scanner.ends[column]!];
          if (end - start > SHORT_BYTES) lines.copy(rows, length, start, end);
          else copyShort(from, start, end, to, length);
          length += end - start;
        }
      }
      rows[length++] = LINE_FEED;
    }
    return length;
  };
}

/** Four bytes at a time; the last four may overlap with those before. */
function copyShort(from: DataView, start: number, end: number, to: DataView, at: number): void {
  const lastWord = end - WORD_BYTES;
  let position = start;
  let length = at;
  if (lastWord < start) {
    while (position < end) to.setUint8(length++, from.getUint8(position++));
    return;
  }
  for (; position < lastWord; position += WORD_BYTES, length += WORD_BYTES) {
    to.setInt32(length, from.getInt32(position, true), true);
  }
  to.setInt32(at + lastWord - start, from.getInt32(lastWord, true), true);
}

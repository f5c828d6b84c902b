import { setImmediate } from 'node:timers/promises';
import { archiveInvalid } from '../../../../../errors/archive-errors.js';
import { bytesOf, copyRange } from '../../../../../jsonl/bytes.js';
import { type ColumnEncoding, type LineValue, lineTemplate, type RowBatch } from '../../../../../jsonl/format.js';
import { lineScanner } from '../../../../../jsonl/scanner.js';
import type { ArchivedLines, LoadColumn } from '../../../restore-dialect.js';
import type { NullWatch } from '../not-null.js';
import type { CopyChunk } from './chunk.js';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
const SMALL_X = 0x78;
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

/** Rows in the text format of COPY, in chunks. */
export async function* copyRows(
  columns: readonly LoadColumn[],
  batches: AsyncIterable<RowBatch>,
  nulls: NullWatch,
): AsyncGenerator<CopyChunk> {
  for await (const batch of batches) yield* copyParsed(columns, batch, nulls);
}

/** The same of one batch. */
export async function* copyParsed(
  columns: readonly LoadColumn[],
  rows: RowBatch,
  nulls: NullWatch,
): AsyncGenerator<CopyChunk> {
  let text = '';
  for (const row of rows) {
    for (const [index, watched] of nulls.watched.entries()) if (watched && row[index] === null) nulls.see(index);
    text += `${columns.map(({ encoding }, index) => copyValue(encoding, row[index]!)).join('\t')}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield { format: 'text', bytes: Buffer.from(text, 'utf8') };
    text = '';
    await setImmediate();
  }
  if (text !== '') yield { format: 'text', bytes: Buffer.from(text, 'utf8') };
}

function copyValue(encoding: ColumnEncoding, value: LineValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'object') throw archiveInvalid('it holds tagged values, which only SQLite writes');
  if (typeof value !== 'string') return String(value);
  if (encoding === 'hex') return `\\\\x${value}`;
  return copyText(value);
}

/** A text as it is between two tabs. */
export function copyText(text: string): string {
  return /[\\\b\f\n\r\t\v]/.test(text) ? text.replaceAll(/[\\\b\f\n\r\t\v]/g, (found) => ESCAPES[found]!) : text;
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
    const [from, to] = [bytesOf(lines), bytesOf(rows)];
    let length = 0;
    for (let at = 0; at < lines.length; ) {
      at = scanner.scan(lines, from.view, at);
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
          length = copyRange(from, scanner.starts[column]!, scanner.ends[column]!, to, length);
        }
      }
      rows[length++] = LINE_FEED;
    }
    return length;
  };
}

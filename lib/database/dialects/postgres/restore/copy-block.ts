import { LineScanner } from '../../../line-scanner.js';
import { lineTemplate } from '../../../line-template.js';
import type { ArchivedLines, LoadColumn } from '../../restore-dialect.js';
import type { NullWatch } from './null-watch.js';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const NULL = Buffer.from('\\N');
const HEX = Buffer.from('\\\\x');
/** Shorter values are copied sooner byte by byte. */
const SHORT_BYTES = 48;

/**
 * Makes rows in the text format of COPY of lines, without parsing them: what stands between the quotes of a JSON string
 * means the same there, `\u` aside, which the scanner does not accept.
 * @returns undefined when a line is not written as expected, and has to be parsed
 */
export function blockCopier(
  { model, primaryKey }: ArchivedLines,
  columns: readonly LoadColumn[],
  nulls?: NullWatch,
): (lines: Buffer) => Buffer | undefined {
  const written = columns.map(({ target, encoding }) => ({ name: target.name, encoding, generated: false }));
  const template = lineTemplate({ columns: written, primaryKey }, model);
  const scanner = new LineScanner(
    template,
    template.columns.map(({ encoding }) => encoding),
  );
  const order = written.map((column) => template.columns.indexOf(column));

  return (lines) => {
    // Never longer than the lines: a separator stands for a name, `\N` for null, `\\x` for quotes and a colon.
    const rows = Buffer.allocUnsafe(lines.length);
    let length = 0;
    for (let at = 0; at < lines.length; ) {
      at = scanner.scan(lines, at);
      if (at < 0) return undefined;
      for (let index = 0; index < order.length; index++) {
        if (index > 0) rows[length++] = TAB;
        const column = order[index]!;
        if (scanner.nulls[column] === 1) {
          length += NULL.copy(rows, length);
          if (nulls?.watched[index]) nulls.see(index);
        } else {
          if (written[index]!.encoding === 'hex') length += HEX.copy(rows, length);
          length = copy(lines, scanner.starts[column]!, scanner.ends[column]!, rows, length);
        }
      }
      rows[length++] = LINE_FEED;
    }
    return rows.subarray(0, length);
  };
}

function copy(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start > SHORT_BYTES) return at + from.copy(to, at, start, end);
  let length = at;
  for (let position = start; position < end; position++) to[length++] = from[position]!;
  return length;
}

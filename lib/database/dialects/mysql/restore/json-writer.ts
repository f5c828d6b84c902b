import type { LineValue } from '../../../../jsonl/values.js';
import { exactNumbers } from './json-numbers.js';
import { string, textWriter } from './text-writer.js';
import type { CellWriter } from './writer.js';

/** MySQL's own JSON, which it parses. Numbers that the parser would round are put in as the decimals that they were. */
export function jsonWriter(): CellWriter {
  const text = textWriter();
  return {
    ...text,
    literal: (value) => withDecimals(value)(text.literal(value)),
    bytes: (value) => {
      const { bytes, wrap } = text.bytes(value);
      return { bytes, wrap: (expression) => withDecimals(value)(wrap(expression)) };
    },
  };
}

function withDecimals(value: LineValue): (expression: string) => string {
  const numbers = exactNumbers(string(value));
  if (numbers.length === 0) return (expression) => expression;
  const { literal } = textWriter();
  const settings = numbers.map(({ path, digits }) => `${literal(path)}, CAST('${digits}' AS ${decimalOf(digits)})`);
  return (expression) => `JSON_SET(${expression}, ${settings.join(', ')})`;
}

function decimalOf(digits: string): string {
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  return `DECIMAL(${Math.max(whole.length + fraction.length, 1)}, ${fraction.length})`;
}

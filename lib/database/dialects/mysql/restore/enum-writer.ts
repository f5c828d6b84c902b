import type { LoadColumn } from '../../restore-dialect.js';
import type { LineValue } from '../../../../jsonl/values.js';
import { textWriter } from './text-writer.js';
import type { CellWriter } from './writer.js';

const LABEL = /'(?:[^'\\]|''|\\.)*'/gs;

/**
 * An enum's labels go as text, and as numbers where the empty label and the error value look alike. The error value, ''
 * without such a label, has the number 0.
 */
export function enumWriter({ encoding, type, target }: LoadColumn): CellWriter {
  const labels: readonly string[] = target.type.match(LABEL) ?? [];
  if (encoding !== 'index') {
    const text = textWriter();
    const hasEmpty = labels.includes("''");
    return { ...text, lenient: (value) => value === '' && !hasEmpty };
  }
  const saved: readonly string[] = type.match(LABEL) ?? [];
  const literal = (value: LineValue) => {
    if (typeof value !== 'string' || !/^\d{1,5}$/.test(value)) throw new Error('a value is no number of a label');
    const index = value === '0' ? 0 : labels.indexOf(saved[Number(value) - 1] ?? '') + 1;
    if (index === 0 && value !== '0') throw new Error('a label is not there any more');
    return String(index);
  };
  return {
    literal,
    bytes: (value) => ({ bytes: Buffer.from(literal(value)), wrap: (expression) => `CAST(${expression} AS UNSIGNED)` }),
    lenient: (value) => value === '0',
  };
}

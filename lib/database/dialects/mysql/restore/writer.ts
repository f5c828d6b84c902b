import type { LineValue } from '../../../../jsonl/values.js';

/** Bytes, and the expression that makes the column's value of them. */
export interface CellBytes {
  readonly bytes: Buffer;
  wrap(expression: string): string;
}

/** Writes the values of one column for an INSERT. Never called for null. */
export interface CellWriter {
  literal(value: LineValue): string;
  /** The same for a value that is too long for a literal. */
  bytes(value: LineValue): CellBytes;
  /** Whether only a lenient server takes it: an enum's error value. */
  lenient(value: LineValue): boolean;
}

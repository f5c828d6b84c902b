import type { LineValue } from '../../jsonl/format.js';
import type { ManifestTable } from '../../manifest/manifest.js';
import { displayName } from '../../support/visible-text.js';

const DIGITS = /^-?\d+$/;

/** Produces the keys of a table's rows as text; for a table without a key, the numbers of its rows in the archive. */
export function rowKeys({ columns, primaryKey }: ManifestTable): (row: readonly LineValue[], line: number) => string {
  const places = primaryKey.map((name) => columns.findIndex((column) => column.name === name));
  if (places.length === 0) return (_, line) => `row ${line}`;
  return (row, line) =>
    places.map((place, index) => `${primaryKey[index]!} ${keyText(row[place]!)}`).join(', ') || `row ${line}`;
}

/** In numerical order where they are numbers. */
export function compareKeys(one: string, other: string): number {
  const [first, second] = [one, other].map((key) => key.slice(key.indexOf(' ') + 1));
  if (DIGITS.test(first!) && DIGITS.test(second!)) return Number(BigInt(first!) - BigInt(second!) > 0n) * 2 - 1;
  return one < other ? -1 : Number(one > other);
}

function keyText(value: LineValue): string {
  const plain = typeof value === 'object' && value !== null ? Object.values(value)[0]! : String(value);
  return DIGITS.test(plain) ? plain : displayName(plain);
}

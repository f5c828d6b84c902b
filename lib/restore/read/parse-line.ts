import type { ManifestTable } from '../../manifest/manifest.js';
import { displayName } from '../../support/visible-text.js';
import { hasPlainStructure } from '../../manifest/json-structure.js';
import type { LineValue } from '../../database/dialects/restore-dialect.js';
import { valueCheck } from '../../database/line-values.js';

/** What is wrong with a line; the reader says which one. */
export class LineError extends Error {}

/** Lines that are longer have their structure looked at before they are parsed. */
const LONG_LINE = 64 * 1024;

interface Line {
  readonly model?: unknown;
  readonly pk?: unknown;
  readonly fields?: unknown;
}

/**
 * Makes a parser of one table's lines, which gives their values in the order of the manifest's columns.
 * It throws `LineError` for everything that no backup of this table writes, and never shows a value.
 */
export function lineParser(table: ManifestTable): (line: string) => LineValue[] {
  const columns = table.columns.map(({ name, encoding }) => {
    const keyIndex = table.primaryKey.indexOf(name);
    return { name, encoding, isValue: valueCheck(encoding), keyIndex };
  });
  const keys = table.primaryKey.length;
  const fieldCount = columns.length - keys;
  // Each value may be tagged; around them stand the line, its fields, and a key of several columns.
  const room = columns.length + 3;

  return (text) => {
    const { model, pk, fields } = parse(text, room);
    if (model !== table.name)
      throw new LineError(`is of ${typeof model === 'string' ? displayName(model) : 'no table'}`);
    const key = keyValues(pk, keys);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new LineError('has no fields');
    if (Object.keys(fields).length !== fieldCount) throw new LineError(`does not have ${fieldCount} fields`);
    const row: LineValue[] = [];
    for (const { name, encoding, isValue, keyIndex } of columns) {
      if (keyIndex < 0 && !Object.hasOwn(fields, name)) throw new LineError(`has no field ${displayName(name)}`);
      const value = keyIndex < 0 ? (fields as Record<string, unknown>)[name] : key[keyIndex];
      if (!isValue(value)) throw new LineError(`has no value of the kind "${encoding}" in ${displayName(name)}`);
      row.push(value);
    }
    return row;
  };
}

function parse(text: string, room: number): Line {
  if (text.length > LONG_LINE && !hasPlainStructure(text, { depth: 3, containers: room, values: room })) {
    throw new LineError('has more values than its table has columns');
  }
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw new LineError('is no valid JSON');
  }
  if (typeof line !== 'object' || line === null || Object.keys(line).length !== 3) {
    throw new LineError('is not made of model, pk and fields');
  }
  return line as Line;
}

function keyValues(pk: unknown, count: number): readonly unknown[] {
  if (count === 1) return [pk];
  if (count === 0 && pk === null) return [];
  if (Array.isArray(pk) && count > 1 && pk.length === count) return pk;
  throw new LineError(`does not have a key of ${count} columns`);
}

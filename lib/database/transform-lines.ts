import { setImmediate } from 'node:timers/promises';
import { transformFailed } from '../errors/run-errors.js';
import { type LineBlock, type LineValue, lineTemplate, valueCheck } from '../jsonl/format.js';
import { LineBlockBuilder } from '../jsonl/writer.js';
import type { ArchivedRow, TransformRow } from '../options/transform-row.js';
import { giveBack } from '../support/lent-bytes.js';
import type { PlannedTable } from './table-plan.js';

interface Line {
  readonly pk: LineValue | readonly LineValue[];
  readonly fields: Readonly<Record<string, LineValue>>;
}

/**
 * Passes every row of a table to the application, and writes its lines anew.
 * @throws BackupError `HOOK_FAILED` when the application throws, or returns what no restore could read
 */
export async function* transformLines(
  blocks: AsyncIterable<LineBlock>,
  { table, model }: PlannedTable,
  transform: TransformRow,
): AsyncGenerator<LineBlock> {
  const template = lineTemplate(table, model);
  const change = rowChanger(template.columns, table.primaryKey, model, transform);
  const builder = new LineBlockBuilder(template);
  for await (const { bytes } of blocks) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf('\n', start);
      const values = change(JSON.parse(bytes.toString('utf8', start, end)) as Line);
      if (values) builder.add(values.map((value) => JSON.stringify(value)));
      start = end + 1;
    }
    giveBack(bytes);
    const block = builder.take();
    if (block) yield block;
    // A block occupies this thread for milliseconds, and the next one may already be available.
    await setImmediate();
  }
}

type Column = PlannedTable['table']['columns'][number];

function rowChanger(columns: readonly Column[], key: readonly string[], model: string, transform: TransformRow) {
  const checked = columns.map((column) => ({ ...column, isValue: valueCheck(column.encoding) }));
  return (line: Line): LineValue[] | undefined => {
    const keys = (key.length > 1 ? line.pk : [line.pk]) as readonly LineValue[];
    const before = columns.map(({ name }, index) => (index < key.length ? keys[index]! : line.fields[name]!));
    const row = call(model, transform, Object.fromEntries(columns.map(({ name }, index) => [name, before[index]!])));
    if (row === null) return undefined;
    if (typeof row !== 'object' || Object.keys(row).length !== columns.length) {
      throw transformFailed(model, `it must return, synchronously, null or a row of all ${columns.length} columns`);
    }
    return checked.map(({ name, encoding, nullable, isValue }, index) => {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (!isValue(value)) {
        throw transformFailed(model, `column "${name}" has no value of the encoding "${encoding}"`);
      }
      if (value === null && before[index] !== null && !nullable) {
        throw transformFailed(model, `column "${name}" cannot be null`);
      }
      return value;
    });
  };
}

function call(model: string, transform: TransformRow, row: ArchivedRow): ArchivedRow | null {
  try {
    return transform(model, row);
  } catch (error) {
    // Without its message, which may contain the very value that was to be hidden.
    throw transformFailed(model, `it threw ${error instanceof Error ? `a ${error.name}` : 'no error'}`);
  }
}

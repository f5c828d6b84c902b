import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogTable } from '../../../lib/database/catalog-table.js';
import type { Snapshot } from '../../../lib/database/dialects/dialect.js';
import { modelName } from '../../../lib/database/table-location.js';
import type { Line } from '../../fixtures/backup.js';

/** A table by its model, or by its name alone. */
export function find({ tables }: { readonly tables: readonly CatalogTable[] }, name: string): CatalogTable {
  return tables.find((table) => modelName(table) === name) ?? tables.find((table) => table.name === name)!;
}

/** All lines of a table. @param pause milliseconds after each block */
export async function read(snapshot: Snapshot, name: string, pause = 0): Promise<Line[]> {
  const table = find(snapshot, name);
  const lines: Line[] = [];
  for await (const { bytes, count } of snapshot.lines(table, modelName(table))) {
    const block = bytes.toString('utf8').split('\n');
    expect(block.pop()).toBe('');
    expect(block).toHaveLength(count);
    for (const line of block) lines.push(JSON.parse(line) as Line);
    if (pause) await sleep(pause);
  }
  return lines;
}

import type { SequenceState } from '../../database/catalog-table.js';
import { modelName } from '../../database/table-location.js';
import { type LineReaderOptions, readTables, type TableRows } from '../../jsonl/reader.js';
import type { OpenedArchive } from '../read/open-archive.js';
import { describeColumn } from './describe-column.js';
import { matchTables, type TargetModel } from './match-tables.js';
import { Problems } from './problems.js';
import { rowKeys } from './row-key.js';
import type { Engines } from './translate-column.js';
import { translateCounters } from './translate-counters.js';
import { type Refuse, TableTranslation } from './translate-table.js';
import type { TranslationPlan } from './translation-plan.js';

/** An archive being translated for another engine. */
export interface Translation {
  readonly plan: TranslationPlan;
  readonly tables: readonly TableTranslation[];
  readonly sequences: readonly SequenceState[];
  /** The archive's rows in the target's notation. */
  rows(tables: AsyncIterable<TableRows>): AsyncGenerator<Pick<TableRows, 'table' | 'batches'>>;
}

/** Reads the whole archive once and changes nothing. */
export async function makeTranslation(
  archive: OpenedArchive,
  target: TargetModel & { readonly type: string },
  engines: Engines,
  { signal, onRead }: Pick<LineReaderOptions, 'onRead'> & { readonly signal?: AbortSignal } = {},
): Promise<Translation> {
  const { manifest } = archive;
  const problems = new Problems();
  const matches = matchTables(manifest.tables, target, problems);
  const tables = matches.map((match) => new TableTranslation(match, engines));
  const byName = new Map(tables.map((table) => [table.match.archived.name, table]));
  for await (const { table, batches } of readTables(await archive.readLines(), manifest, { onRead })) {
    const key = rowKeys(table);
    const refuse: Refuse = (column, reason, row, line) => {
      problems.addValue(table.name, column, reason, key(row, line));
    };
    await byName.get(table.name)?.check(batches, refuse, signal);
  }
  const { states, leftOut } = translateCounters(manifest, matches, engines);
  const described = tables.map(({ match, columns }) => ({
    name: match.archived.name,
    into: modelName(match.target),
    rows: match.archived.rows,
    columns: match.columns.map((column, index) => describeColumn(column, columns[index]!, engines)),
  }));
  return {
    plan: { from: manifest.database.type, to: target.type, tables: described, problems: problems.list(), leftOut },
    tables,
    sequences: states,
    async *rows(read) {
      for await (const { table, batches } of read) {
        yield { table, batches: byName.get(table.name)!.rows(batches) };
      }
    },
  };
}

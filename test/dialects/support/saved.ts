import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { CatalogTable, SequenceState } from '../../../lib/database/catalog-table.js';
import { dialectFor } from '../../../lib/database/dialects/registry.js';
import { type LoadColumn, RESTORE_TABLE, type RestoreSession } from '../../../lib/database/dialects/restore-dialect.js';
import { modelName } from '../../../lib/database/table-location.js';
import { type LineValue } from '../../../lib/jsonl/format.js';
import { find } from './lines.js';

export interface SavedTable {
  name: string;
  columns: CatalogTable['columns'];
  rows: LineValue[][];
}

/** What a backup of a small database holds. */
export interface Saved {
  tables: SavedTable[];
  sequences: SequenceState[];
}

/** Reads everything through the export's dialect, as lines that were parsed again. */
export async function save(dataSource: DataSource): Promise<Saved> {
  const snapshot = await dialectFor(dataSource).snapshot({ choose: (tables) => tables });
  try {
    const tables: SavedTable[] = [];
    for (const table of snapshot.tables) {
      if (table.name === RESTORE_TABLE) continue;
      const columns = table.columns.filter(({ generated }) => !generated);
      const chunks: Buffer[] = [];
      for await (const { bytes } of snapshot.lines(table, modelName(table))) chunks.push(bytes);
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      const rows = lines.map((line) => {
        const { pk, fields } = JSON.parse(line);
        const key = table.primaryKey.length > 1 ? pk : [pk];
        return columns.map(({ name }) => (name in fields ? fields[name] : key[table.primaryKey.indexOf(name)]));
      });
      tables.push({ name: modelName(table), columns, rows });
    }
    return { tables, sequences: await snapshot.sequences(snapshot.tables) };
  } finally {
    await snapshot.close();
  }
}

export async function* batchesOf(rows: readonly LineValue[][], size = 100): AsyncGenerator<LineValue[][]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

/** Where the columns of a backup go in a table. */
export function columnsOf(table: CatalogTable, columns: CatalogTable['columns'] = table.columns): LoadColumn[] {
  return columns
    .filter(({ generated }) => !generated)
    .map(({ name, encoding, type }) => ({ target: table.columns.find((one) => one.name === name)!, encoding, type }));
}

/** Begins a restore of these tables, or of all. */
export async function begin(session: RestoreSession, id: string = randomUUID(), names?: readonly string[]) {
  await session.begin(id, names ? names.map((name) => find(session, name)) : session.tables);
}

export async function loadAll(session: RestoreSession, saved: Saved): Promise<void> {
  for (const { name, columns, rows } of saved.tables) {
    const table = find(session, name);
    await session.load(table, columnsOf(table, columns), batchesOf(rows));
    const check = (count: number) => {
      if (count !== rows.length) throw new Error(`${name}: ${count} rows`);
    };
    if (session.countLater) session.countLater(table, check);
    else check(await session.count(table));
  }
}

/** The whole way, of all tables that were saved. */
export async function restore(dataSource: DataSource, saved: Saved, id: string = randomUUID()): Promise<string> {
  const session = await dialectFor(dataSource).restores.openRestore();
  try {
    await begin(
      session,
      id,
      saved.tables.map(({ name }) => name),
    );
    await loadAll(session, saved);
    await session.complete(saved.sequences);
    await session.commit();
  } finally {
    await session.close();
  }
  return id;
}

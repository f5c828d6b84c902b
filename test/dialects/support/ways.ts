import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { DataSource } from 'typeorm';
import { STORED } from '../../../lib/archive/compression.js';
import type { CatalogTable } from '../../../lib/database/catalog-table.js';
import { dialectFor } from '../../../lib/database/dialects/registry.js';
import { modelName } from '../../../lib/database/table-location.js';
import { type LineSource, StreamedLines } from '../../../lib/jsonl/line-source.js';
import { tableScan } from '../../../lib/jsonl/parser.js';
import { type ExpectedTable, readTables } from '../../../lib/jsonl/reader.js';
import { type PackedLines, ThreadedLines } from '../../../lib/jsonl/thread/threaded-lines.js';
import { find } from './lines.js';
import { begin, columnsOf } from './saved.js';

/** `rows`: each value has been parsed; `lines`: as they are; `found`: with the places of their values, as in a restore. */
export const WAYS = ['rows', 'lines', 'found'] as const;
export type Way = (typeof WAYS)[number];

/** The lines of a table as they are in an archive. */
export interface TableLines {
  readonly table: CatalogTable;
  readonly bytes: Buffer;
}

/** Lines that a thread reads, which also finds their values. */
function threaded(table: ExpectedTable, bytes: Buffer): LineSource {
  const packed: PackedLines = {
    method: STORED,
    size: bytes.length,
    chunks: Readable.from([bytes]),
    check: () => {},
    undecodable: ({ message }) => new Error(message) as never,
  };
  return new ThreadedLines(packed, [table.rows], 2 ** 24, [tableScan(table).lines]);
}

/** A restore of one table. */
export async function loadBy(way: Way, into: DataSource, { table: archived, bytes }: TableLines): Promise<void> {
  const name = modelName(archived);
  const expected: ExpectedTable = {
    name,
    columns: archived.columns.filter(({ generated }) => !generated),
    primaryKey: archived.primaryKey,
    rows: bytes.toString('latin1').split('\n').length - 1,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  };
  const session = await dialectFor(into).restores.openRestore();
  try {
    const table = find(session, name);
    const columns = columnsOf(table, archived.columns);
    await begin(session, undefined, [name]);
    const source = way === 'found' ? threaded(expected, bytes) : new StreamedLines(Readable.from([bytes]));
    for await (const { batches, lines } of readTables(source, { tables: [expected] })) {
      if (way === 'rows') await session.load(table, columns, batches);
      else await session.loadLines!(table, columns, { model: name, primaryKey: archived.primaryKey, blocks: lines });
    }
    await session.complete([]);
    await session.commit();
  } finally {
    await session.close();
  }
}

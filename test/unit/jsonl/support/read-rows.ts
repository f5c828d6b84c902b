import { Readable } from 'node:stream';
import type { LineValue } from '../../../../lib/jsonl/format.js';
import { StreamedLines } from '../../../../lib/jsonl/line-source.js';
import { readTables } from '../../../../lib/jsonl/reader.js';
import type { BackupManifest } from '../../../../lib/manifest/manifest.js';
import { madeTable } from '../../restore/support/made-archive.js';

export type Made = ReturnType<typeof madeTable>;

export const manifest = (...made: Made[]): Pick<BackupManifest, 'tables'> => ({
  tables: made.map(({ table }) => table),
});
export const textOf = (...made: Made[]) => made.map(({ text }) => text).join('');

/** Text as lines to be read. */
export const linesOf = (text: string) => new StreamedLines(Readable.from([Buffer.from(text)]));

export async function rowsOf(text: string | Readable, about: Pick<BackupManifest, 'tables'>, lineBytes?: number) {
  const found: Record<string, Array<readonly LineValue[]>> = {};
  const stream = typeof text === 'string' ? Readable.from([Buffer.from(text)]) : text;
  for await (const { table, batches } of readTables(new StreamedLines(stream, lineBytes), about)) {
    const rows: Array<readonly LineValue[]> = (found[table.name] = []);
    for await (const batch of batches) rows.push(...batch);
  }
  return found;
}

/** A table with one column of each kind, and one line of it. */
export const one = (fields: string, pk = '1', columns: Parameters<typeof madeTable>[1] = [['a', 'text']]) =>
  madeTable('t', [['id', 'integer'], ...columns], ['id'], [`{"model":"t","pk":${pk},"fields":${fields}}`]);

export const refused = async (made: Made, problem: string, text = made.text, lineBytes?: number) => {
  const error = await rowsOf(text, manifest(made), lineBytes).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringContaining(problem) });
  return (error as Error).message;
};

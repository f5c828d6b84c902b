import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { StreamedLines } from '../../dist/jsonl/line-source.js';
import { readTables } from '../../dist/jsonl/reader.js';
import { mutateBytes } from './mutate-bytes.mjs';
import { anyValue, mutateJson } from './mutate-json.mjs';
import { attempt, must } from './outcome.mjs';
import { digestOf, lineOf, tableOf } from './samples.mjs';

const LONGEST = 100_000;

/** A line that was changed as JSON, or is deeper or longer than any. */
function hostileLine(line, chance) {
  const kind = chance.between(0, 9);
  if (kind === 0) return `${'['.repeat(chance.between(1, 3_000))}`;
  if (kind === 1) return line.replace('"fields":{', `"fields":{"__proto__":${JSON.stringify(anyValue(chance))},`);
  if (kind === 2) return line.replace('}}', `,"x":"${'x'.repeat(chance.of([10, 70_000, 200_000]))}"}}`);
  return JSON.stringify(mutateJson(JSON.parse(line), chance));
}

/** `backup.jsonl`: rows are given out only if their lines are those that were digested, each value where it belongs. */
export const lines = {
  make(chance) {
    const tables = Array.from({ length: chance.between(1, 3) }, (_, index) => tableOf(`t${index}`, chance));
    const texts = tables.map((table) => Array.from({ length: chance.between(0, 6) }, () => lineOf(table, chance)));
    const isForged = chance.between(0, 1) === 1;
    if (isForged) {
      const table = chance.between(0, tables.length - 1);
      texts[table] = texts[table].map((line) => (chance.between(0, 2) ? line : hostileLine(line, chance)));
    }
    const joined = texts.map((ofTable) => ofTable.map((line) => `${line}\n`).join(''));
    tables.forEach((table, index) =>
      Object.assign(table, { rows: texts[index].length, digest: digestOf(joined[index]) }),
    );
    const whole = Buffer.from(joined.join(''));
    const bytes = isForged || chance.between(0, 9) === 0 ? whole : mutateBytes(whole, chance);
    return { tables, whole, bytes, pieces: chance.between(1, 4), size: bytes.length };
  },

  async run({ tables, whole, bytes, pieces }) {
    const length = Math.ceil(bytes.length / pieces) || 1;
    const parts = Array.from({ length: pieces }, (_, part) => bytes.subarray(part * length, (part + 1) * length));
    const rows = await attempt(['ARCHIVE_INVALID'], async () => {
      const found = [];
      for await (const { table, batches } of readTables(new StreamedLines(Readable.from(parts), LONGEST), { tables })) {
        for await (const batch of batches) for (const row of batch) found.push({ table, row });
      }
      return found;
    });
    must({}.polluted === undefined && Object.keys(Object.prototype).length === 0, 'The prototype was changed.');
    if (!rows) return false;
    must(bytes.equals(whole), 'It took lines that nobody digested.');
    const texts = bytes.toString().split('\n').slice(0, -1);
    must(texts.length === rows.length, `It gave ${rows.length} rows of ${texts.length}.`);
    rows.forEach(({ table, row }, index) => checkRow(table, row, JSON.parse(texts[index])));
    return true;
  },
};

function checkRow({ name, columns, primaryKey }, row, { model, pk, fields }) {
  must(model === name, `A row of ${model} came as one of ${name}.`);
  must(row.length === columns.length, 'A row has another number of values.');
  columns.forEach((column, index) => {
    const key = primaryKey.indexOf(column.name);
    const own = Object.entries(fields).find(([field]) => field === column.name)?.[1];
    const expected = key < 0 ? own : primaryKey.length === 1 ? pk : pk[key];
    must(isDeepStrictEqual(row[index], expected), `Column ${column.name} has another value.`);
  });
}

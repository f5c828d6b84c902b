import { isDeepStrictEqual } from 'node:util';
import { parseManifest, parseMigrations } from '../../dist/manifest/manifest.js';
import { mutateBytes } from './mutate-bytes.mjs';
import { mutateJson } from './mutate-json.mjs';
import { attempt, must } from './outcome.mjs';
import { manifestOf, tableOf } from './samples.mjs';

const MIGRATIONS = { applied: [{ id: 1, timestamp: 2, name: 'A2' }], known: [{ timestamp: 2, name: 'A2' }] };

/** `manifest.json` and `migrations.json`: what is read is of the types that it has by contract, and reads the same again. */
export const manifest = {
  make(chance) {
    const isManifest = chance.between(0, 4) > 0;
    const value = isManifest
      ? manifestOf(Array.from({ length: chance.between(0, 3) }, (_, i) => tableOf(`t${i}`, chance)))
      : MIGRATIONS;
    const mutated = chance.between(0, 3) ? mutateJson(value, chance) : value;
    let text = Buffer.from(JSON.stringify(mutated));
    if (chance.between(0, 2) === 0) text = mutateBytes(text, chance);
    return { isManifest, text: text.toString(), size: text.length };
  },

  async run({ isManifest, text }) {
    const parse = isManifest ? parseManifest : parseMigrations;
    const read = await attempt(['ARCHIVE_INVALID'], () => parse(text));
    must({}.polluted === undefined && Object.keys(Object.prototype).length === 0, 'The prototype was changed.');
    if (!read) return false;
    if (isManifest) {
      checkManifest(read);
    } else {
      for (const { name, timestamp } of [...read.applied, ...read.known]) {
        must(typeof name === 'string' && Number.isSafeInteger(timestamp), 'a migration');
      }
    }
    must(
      isDeepStrictEqual(plain(parse(JSON.stringify(read))), plain(read)),
      'What was read does not read the same again.',
    );
    return true;
  },
};

const plain = (value) => JSON.parse(JSON.stringify(value));
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

function checkManifest({ format, tables, files, skipped, complete, sequences }) {
  must(format === 'nestjs-backup/1', 'format');
  must(complete === (skipped.length === 0), 'complete');
  must(new Set(tables.map(({ name }) => name)).size === tables.length, 'tables that are there twice');
  for (const { name, rows, digest, columns, primaryKey, excluded } of tables) {
    must(typeof name === 'string' && isCount(rows) && /^sha256:[0-9a-f]{64}$/.test(digest), `table ${name}`);
    must(typeof excluded === 'boolean' && !(excluded && rows > 0), `table ${name}, excluded`);
    const names = columns.map((column) => column.name);
    must(new Set(names).size === names.length && primaryKey.every((key) => names.includes(key)), `columns of ${name}`);
  }
  for (const { value } of sequences) must(/^-?\d+$/.test(value), 'sequence');
  for (const [name, { count, bytes }] of Object.entries(files)) {
    must(isCount(count) && isCount(bytes) && !/[/\\\0]|^\.{0,2}$/.test(name), `directory ${name}`);
  }
}

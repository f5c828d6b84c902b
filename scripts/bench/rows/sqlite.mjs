import { timed } from '../command.mjs';
import { sqlite } from '../data/databases.mjs';
import { databaseRows } from './database.mjs';

/** Backup and restore of an SQLite file. */
export function sqliteRows(context) {
  const { folder, sizes } = context;
  return databaseRows(context, {
    title: 'SQLite',
    server: sqlite(folder),
    size: sizes.rows,
    peers({ database: FILE }) {
      const at = { FILE, OUT: `${folder}/theirs`, DUMP: `${folder}/sqlite.sql` };
      const backup = {
        name: 'sqlite3 .dump | gzip -3',
        needs: ['sqlite3', 'gzip'],
        atMost: 0.55,
        run: () => timed('sqlite3 "$FILE" .dump | gzip -3 > "$OUT"', at),
      };
      const restore = {
        name: 'sqlite3 < dump',
        needs: ['sqlite3'],
        atMost: 0.9,
        prepare: () => timed('sqlite3 "$FILE" .dump > "$DUMP"', at),
        run: ({ database }) => timed('sqlite3 "$FILE" < "$DUMP"', { ...at, FILE: database }),
      };
      return { backup: [backup], restore: [restore] };
    },
  });
}

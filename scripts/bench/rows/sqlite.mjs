import { timed } from '../command.mjs';
import { sqlite } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';
import { ourRestore, theirRestore } from './fresh-restore.mjs';

/** Backup and restore of an SQLite file. */
export async function sqliteRows({ sizes, folder, aesKey, log }) {
  const files = sqlite(folder);
  log(`SQLite: ${sizes.rows} rows`);
  const database = await files.create(sizes.rows);
  const archive = `${folder}/sqlite.zip.crypt`;
  const at = { FILE: database.database, OUT: `${folder}/theirs`, DUMP: `${folder}/sqlite.sql` };
  try {
    const lines = await HostProcess.with({ database }, (host) =>
      race(
        'SQLite backup, level 3, encrypted',
        sizes.rounds,
        async () => (await host.run('backup', { output: archive, aesKey })).seconds,
        [
          {
            name: 'sqlite3 .dump | gzip -3',
            needs: ['sqlite3', 'gzip'],
            atMost: 0.6,
            run: () => timed('sqlite3 "$FILE" .dump | gzip -3 > "$OUT"', at),
          },
        ],
      ),
    );
    log('SQLite: restore');
    const restore = await race(
      'SQLite restore with keys and indexes',
      sizes.rounds,
      () => ourRestore(files, { archive, aesKey }),
      [
        {
          name: 'sqlite3 < dump',
          needs: ['sqlite3'],
          atMost: 1,
          prepare: () => timed('sqlite3 "$FILE" .dump > "$DUMP"', at),
          run: () => theirRestore(files, ({ database: FILE }) => timed('sqlite3 "$FILE" < "$DUMP"', { ...at, FILE })),
        },
      ],
    );
    return [...lines, ...restore];
  } finally {
    await files.drop(database);
  }
}

import { timed } from '../command.mjs';
import { sqlite } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';

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
    const target = await files.create(0);
    let dumped = false;
    const theirs = async () => {
      if (!dumped) await timed('sqlite3 "$FILE" .dump > "$DUMP"', at);
      dumped = true;
      return theirRestore(files, at);
    };
    try {
      const restore = await HostProcess.with({ database: target }, (host) =>
        race(
          'SQLite restore with keys and indexes',
          sizes.rounds,
          async () => (await host.run('restore', { archive, aesKey })).seconds,
          [{ name: 'sqlite3 < dump', needs: ['sqlite3'], atMost: 1, run: theirs }],
        ),
      );
      return [...lines, ...restore];
    } finally {
      await files.drop(target);
    }
  } finally {
    await files.drop(database);
  }
}

async function theirRestore(files, { DUMP }) {
  const empty = await files.create();
  try {
    return await timed('sqlite3 "$FILE" < "$DUMP"', { FILE: empty.database, DUMP });
  } finally {
    await files.drop(empty);
  }
}

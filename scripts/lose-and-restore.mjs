import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';

const run = promisify(execFile);

/** Wipes database and directories, restores the encrypted archive by the command line, and compares everything. */
export async function loseAndRestore(root, data, archive, aesKey) {
  const before = await fingerprint(data);
  for (const name of await readdir(data)) await rm(join(data, name), { recursive: true });
  for (const command of ['verify', 'restore']) {
    const app = command === 'restore' ? ['--app', 'sample-app/dist/app.module.js'] : [];
    const args = [command, archive, ...app, '--json'];
    const { stdout } = await run(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
      cwd: root,
      env: { ...process.env, DATA_DIR: data, BACKUP_AES_KEY: aesKey, NO_COLOR: '1' },
      maxBuffer: 2 ** 26,
    });
    const { complete } = JSON.parse(stdout);
    if (!complete) throw new Error(`${command} says that the archive is not complete`);
    console.log(`  nestjs-backup ${command} ${relative(root, archive)}: done`);
  }
  const after = await fingerprint(data);
  const different = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
  if (different.length > 0) throw new Error(`after the restore these differ: ${different.slice(0, 5).join(', ')}`);
  console.log(`  ${before.size} rows and files compared one by one: all are as they were.`);
}

/** Every row as it stands in the database, and the digest of every file. */
async function fingerprint(data) {
  const found = new Map();
  const database = new BetterSqlite3(join(data, 'app.sqlite'), { readonly: true });
  const tables = database
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%restore'",
    )
    .pluck()
    .all();
  for (const table of tables) {
    const rows = database.prepare(`SELECT * FROM "${table}"`).safeIntegers(true).raw(true).all();
    const texts = rows.map((row) =>
      JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
    );
    for (const text of texts) found.set(`${table} ${text}`, 1);
  }
  database.close();
  for (const directory of ['uploadedimages', 'uploadedfiles']) {
    for (const name of await readdir(join(data, directory), { recursive: true })) {
      const path = join(data, directory, name);
      if (!(await stat(path)).isFile()) continue;
      found.set(
        `${directory}/${name}`,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
    }
  }
  return found;
}

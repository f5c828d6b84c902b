/** One host of the matrix: backs itself up over HTTP, and is restored into an empty database. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from './databases.mjs';
import { execute, serve } from './host-process.mjs';
import { pictureOf } from './picture.mjs';

const BACKUP_KEY = randomBytes(24).toString('hex');
const AES_KEY = randomBytes(32).toString('hex');

/** @returns {Promise<{ documented: string[] | null }>} what the host's OpenAPI document has, null without one */
export async function runCell({ root, modules, adapter, engine }) {
  const folder = await mkdtemp(join(root, `${modules}-${adapter}-`));
  const program = join(root, modules, 'dist/main.js');
  const before = await place(folder, 'before', adapter, engine, root);
  const after = await place(folder, 'after', adapter, engine, root);
  try {
    await fillWithFiles(before.env.UPLOADS);
    const archive = join(folder, 'backup.zip.crypt');
    const { rows, documented } = await backUp(program, { ...before.env, SEED: '1' }, archive);
    const restore = ['restore', archive, '--app', join(root, modules, 'dist/app.module.js'), '--json'];
    const cli = join(root, 'node_modules/.bin/nestjs-backup');
    await execute(cli, restore, root, { env: { ...after.env, BACKUP_AES_KEY: AES_KEY } });
    const restored = await rowsOf(program, after.env);
    if (rows.length < 20_000) throw new Error(`the host has few rows: ${rows.slice(0, 200)}`);
    if (restored !== rows) throw new Error(`rows differ: ${restored.slice(0, 200)} … ${rows.slice(0, 200)}`);
    const files = await Promise.all([before, after].map(({ env }) => pictureOf(env.UPLOADS)));
    if (files[0] !== files[1] || files[0].length < 100) throw new Error(`files differ: ${files.join(' … ')}`);
    return { documented };
  } finally {
    await before.drop();
    await after.drop();
    await rm(folder, { recursive: true });
  }
}

/** A database and a data directory, both empty. */
async function place(folder, name, adapter, engine, root) {
  const home = join(folder, name);
  const uploads = join(home, 'uploads');
  await mkdir(uploads, { recursive: true });
  const { options, drop } = await createDatabase(engine, home);
  const wasm = join(root, 'node_modules/sql.js/dist/sql-wasm.wasm');
  const env = { ADAPTER: adapter, DATABASE: JSON.stringify(options), UPLOADS: uploads, SQL_WASM: wasm, BACKUP_KEY };
  return { env, drop };
}

async function fillWithFiles(directory) {
  await mkdir(join(directory, 'deep/er'), { recursive: true });
  await writeFile(join(directory, 'ümlaut.txt'), 'text');
  await writeFile(join(directory, 'deep/er/random.bin'), randomBytes(300_000));
}

async function backUp(program, env, archive) {
  const { said, stop } = await serve(program, join(program, '..'), env);
  try {
    const rows = await (await fetch(`${said.url}/api/v1/rows`)).text();
    const post = (user, key) =>
      fetch(`${said.url}/api/v1/utils/backup/`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-User': user },
        body: JSON.stringify({ key, aes_key: AES_KEY }),
      });
    const refused = await post('somebody', BACKUP_KEY);
    if (refused.status !== 403) throw new Error(`a user who is no system user got ${refused.status}`);
    const answer = await post('system', BACKUP_KEY);
    if (answer.status !== 200) throw new Error(`the backup answered ${answer.status}: ${await answer.text()}`);
    await writeFile(archive, Buffer.from(await answer.arrayBuffer()));
    return { rows, documented: said.documented };
  } finally {
    await stop();
  }
}

async function rowsOf(program, env) {
  const { said, stop } = await serve(program, join(program, '..'), env);
  try {
    return await (await fetch(`${said.url}/api/v1/rows`)).text();
  } finally {
    await stop();
  }
}

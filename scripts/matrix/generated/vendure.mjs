/** A shop on Vendure, a framework that brings its own Nest and TypeORM: the library in one of its plugins. */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createDatabase } from '../databases.mjs';
import { contentsOf } from './contents.mjs';
import { live } from './life.mjs';
import { shell } from './shell.mjs';
import * as users from './shop-users.mjs';

const ours = createRequire(import.meta.url);
const BETTER_SQLITE3 = ours('better-sqlite3/package.json').version;

export const vendureHosts = [
  { name: 'vendure-postgres', engine: 'postgres', driver: 'pg' },
  { name: 'vendure-sqlite', engine: 'better-sqlite3', driver: `better-sqlite3@${BETTER_SQLITE3}` },
];

export async function liveVendure({ engine, driver }, stages, parent, tarball) {
  const folder = join(parent, 'shop');
  await cp(join(import.meta.dirname, 'shop'), folder, { recursive: true });
  const { options, drop } = await createDatabase(engine, parent);
  const env = {
    DATABASE: JSON.stringify(options),
    BACKUP_KEY: randomBytes(24).toString('hex'),
    BACKUP_AES_KEY: randomBytes(32).toString('hex'),
    COOKIE_SECRET: randomBytes(24).toString('hex'),
    VENDURE_DISABLE_TELEMETRY: 'true',
    ADMIN_PASSWORD: users.ADMIN_PASSWORD,
  };
  const files = join(folder, 'static/assets');
  try {
    await stages.run('install', async () => {
      // Of the drivers the binary is there that the tests have; compiling it takes minutes.
      await shell(`npm install --ignore-scripts @vendure/core@^3.7 ${driver} typescript@^5.8 @types/node`, folder, env);
      if (engine === 'better-sqlite3') await copyBinary(folder);
    });
    await stages.run('add nestjs-backup', async () => {
      await shell(`npm install --ignore-scripts ${tarball}`, folder, env);
      await mkdir(files, { recursive: true });
      await mkdir(join(folder, 'vault'));
      await writeFile(join(files, 'picture.bin'), randomBytes(1_000_000));
    });
    await live(stages, {
      folder,
      env,
      users,
      files,
      contents: contentsOf(options),
      scripts: { build: 'npm run build', start: 'npm start' },
      cli: 'npx nestjs-backup',
      app: 'backup-app.mjs',
      path: 'utils/backup/',
      health: 'shop-api?query={__typename}',
    });
  } finally {
    await drop();
  }
}

async function copyBinary(folder) {
  const from = dirname(ours.resolve('better-sqlite3/package.json'));
  await cp(join(from, 'build'), join(folder, 'node_modules/better-sqlite3/build'), { recursive: true });
}

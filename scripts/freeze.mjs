/**
 * Writes the archives of a released format, once, for test/frozen: one of each engine, plain and encrypted. Later
 * versions must restore them for ever, so it writes only what is not there yet.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, BackupService } from 'nestjs-backup';
import { content, FROZEN_AES_KEY, files } from '../test/frozen/content.mjs';
import { createDatabase } from './matrix/databases.mjs';

const output = join(import.meta.dirname, '../test/frozen/archives/nestjs-backup-1');
const NAMES = { sqljs: 'sql.js' };
const FAMILIES = { postgres: 'postgres', mariadb: 'mysql', 'better-sqlite3': 'sqlite', sqljs: 'sqlite' };

await mkdir(output, { recursive: true });
for (const [engine, family] of Object.entries(FAMILIES)) {
  const archive = join(output, `${NAMES[engine] ?? engine}.zip`);
  if (existsSync(archive)) console.log(`${archive} is there and stays as it is`);
  else await freeze(engine, content[family], archive);
}

async function freeze(engine, { schema, rows }, archive) {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-freeze-'));
  const uploads = join(folder, 'files');
  for (const [name, text] of Object.entries({ ...files, 'deep/empty/x': '' })) {
    await mkdir(dirname(join(uploads, name)), { recursive: true });
    await writeFile(join(uploads, name), text);
  }
  await rm(join(uploads, 'deep/empty/x'));
  const database = await createDatabase(engine, folder);
  const imports = [
    TypeOrmModule.forRoot(database.options),
    BackupModule.forRoot({ appVersion: '1.0.0', unmappedTables: 'include', dataDirs: { files: uploads } }),
  ];
  const app = await NestFactory.createApplicationContext({ module: class {}, imports }, { logger: ['error', 'warn'] });
  try {
    for (const statement of [...schema, ...rows]) await app.get(getDataSourceToken()).query(statement);
    for (const [ending, aesKey] of Object.entries({ '': undefined, '.crypt': FROZEN_AES_KEY })) {
      const { stream } = await app.get(BackupService).create({ aesKey });
      await pipeline(stream, createWriteStream(archive + ending));
    }
    execFileSync('unzip', ['-tq', archive], { stdio: 'inherit' });
  } finally {
    await app.close();
    await database.drop();
    await rm(folder, { recursive: true });
  }
}

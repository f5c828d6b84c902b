import { text } from 'node:stream/consumers';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { LockName } from '../../../lib/database/dialects/dialect.js';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';

/** Takes a lock and holds it; writes `held`, or the code and the message of what stands in the way. */
const { database, name } = JSON.parse(await text(process.stdin)) as { database: string; name: LockName };
const dataSource = new DataSource({ type: 'better-sqlite3', database, fileMustExist: true } as DataSourceOptions);
await dataSource.initialize();
try {
  await sqliteDialect(dataSource).lock(name);
  console.log('held');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(`${code}: ${message}`);
}
setInterval(() => {}, 1_000);

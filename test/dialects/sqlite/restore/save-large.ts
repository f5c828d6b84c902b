import { text } from 'node:stream/consumers';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { saveSqlJs } from '../../../../lib/database/dialects/sqlite/restore/save-sql-js.js';
import { sqlJsDatabase } from '../../../../lib/database/dialects/sqlite/sql-js.js';

/** Makes the database of a file larger, in memory, and saves it as a restore would. Writes a word before that. */
const { location, bytes } = JSON.parse(await text(process.stdin)) as { location: string; bytes: number };
const dataSource = await new DataSource({ type: 'sqljs', location } as DataSourceOptions).initialize();
sqlJsDatabase(dataSource).exec(`INSERT INTO t VALUES (2, randomblob(${bytes}))`);
console.log('saves');
await saveSqlJs(dataSource);
setInterval(() => {}, 1_000);

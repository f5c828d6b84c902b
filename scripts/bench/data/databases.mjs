import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import BetterSqlite3 from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import { rowsOf, tabSeparated } from './rows.mjs';
import { COLUMNS, entitiesFor, TABLES } from './schema.mjs';

const uniqueName = () => `bench_${process.pid}_${randomBytes(4).toString('hex')}`;

/** Makes the schema, empty. */
async function synchronize(options) {
  const source = new DataSource({ ...options, entities: entitiesFor(options.type), synchronize: true });
  await source.initialize();
  await source.destroy();
}

/** Databases of one PostgreSQL server. */
export function postgres(serverUrl) {
  const urlOf = (name) => Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const run = async (url, work) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return work(client).finally(() => client.end());
  };
  const fill = (rows) => async (client) => {
    for (const table of TABLES) {
      const copy = client.query(copyFrom(`COPY ${table} (${COLUMNS[table].join(', ')}) FROM STDIN`));
      await pipeline(Readable.from(tabSeparated(table, rows), { objectMode: false }), copy);
    }
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  };
  return {
    /** @param rows undefined for a database without tables */
    async create(rows) {
      const name = uniqueName();
      await run(serverUrl, (client) => client.query(`CREATE DATABASE ${name}`));
      const url = urlOf(name);
      if (rows !== undefined) await synchronize({ type: 'postgres', url });
      if (rows) await run(url, fill(rows));
      return { type: 'postgres', url, databaseName: name };
    },
    drop: ({ databaseName: name }) => run(serverUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
    /** @param work gets a client of the database, made by `create` */
    use: ({ url }, work) => run(url, work),
    version: () => run(serverUrl, async (client) => (await client.query('SHOW server_version')).rows[0].server_version),
  };
}

/** Databases of one MariaDB server. */
export const mariadb = (serverUrl) => mysqlServer(serverUrl, 'mariadb');

/** Databases of one server of Oracle's MySQL. */
export const mysql = (serverUrl) => mysqlServer(serverUrl, 'mysql');

const ROWS_PER_INSERT = 1000;

function mysqlServer(serverUrl, type) {
  const urlOf = (name) => Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const run = async (url, work) => {
    const connection = await createConnection({ uri: url, charset: 'utf8mb4' });
    return work(connection).finally(() => connection.end());
  };
  // LOAD DATA LOCAL would be faster, but MySQL's default refuses it.
  const fill = (rows) => async (connection) => {
    await connection.query('SET foreign_key_checks = 0, unique_checks = 0');
    for (const table of TABLES) {
      const insert = `INSERT INTO ${table} (${COLUMNS[table].join(', ')}) VALUES ?`;
      for (const some of chunks(rowsOf(table, rows), ROWS_PER_INSERT)) await connection.query(insert, [some]);
    }
    await connection.query(`ANALYZE TABLE ${TABLES.join(', ')}`);
  };
  return {
    async create(rows) {
      const name = uniqueName();
      await run(serverUrl, (connection) => connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`));
      const url = urlOf(name);
      if (rows !== undefined) await synchronize({ type, url });
      if (rows) await run(url, fill(rows));
      return { type, url, databaseName: name };
    },
    drop: ({ databaseName: name }) => run(serverUrl, (connection) => connection.query(`DROP DATABASE ${name}`)),
    version: () => run(serverUrl, async (connection) => (await connection.query('SELECT version() v'))[0][0].v),
  };
}

function* chunks(rows, count) {
  let some = [];
  for (const row of rows) {
    some.push(row);
    if (some.length < count) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** SQLite files in a folder, in WAL mode as most hosts have them. */
export function sqlite(folder) {
  return {
    async create(rows) {
      const name = uniqueName();
      mkdirSync(join(folder, name), { recursive: true });
      const database = join(folder, name, 'app.sqlite');
      if (rows === undefined) return { type: 'better-sqlite3', database, folder: join(folder, name) };
      await synchronize({ type: 'better-sqlite3', database, enableWAL: true });
      const file = new BetterSqlite3(database);
      file.pragma('foreign_keys = OFF');
      for (const table of rows ? TABLES : []) {
        const marks = COLUMNS[table].map(() => '?').join(', ');
        const insert = file.prepare(`INSERT INTO ${table} (${COLUMNS[table].join(', ')}) VALUES (${marks})`);
        file.exec('BEGIN');
        for (const row of rowsOf(table, rows)) insert.run(row);
        file.exec('COMMIT');
      }
      file.pragma('wal_checkpoint(TRUNCATE)');
      file.close();
      return { type: 'better-sqlite3', database, folder: join(folder, name) };
    },
    drop: async ({ folder: made }) => rmSync(made, { recursive: true, force: true }),
    version: async () => new BetterSqlite3(':memory:').prepare('SELECT sqlite_version()').pluck().get(),
  };
}

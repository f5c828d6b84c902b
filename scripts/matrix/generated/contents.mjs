/** What a host's database holds, read beside the library, and how it is emptied. The library's own tables do not count. */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import pg from 'pg';

/** @returns an object with `rows()`, every row of every table and every counter as one text, and `empty()` */
export function contentsOf({ type, url, database }) {
  return type === 'postgres' ? postgres(url) : sqlite(database);
}

function postgres(url) {
  const withClient = async (work) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return work((sql) => client.query({ text: sql, rowMode: 'array' })).finally(() => client.end());
  };
  return {
    rows: () =>
      withClient(async (query) => {
        const lines = [];
        const { rows: tables } = await query(
          `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
           WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(tablename, 'nestjs_backup')
           ORDER BY 1`,
        );
        for (const [table] of tables) {
          const { rows } = await query(`SELECT t::text FROM ${table} t ORDER BY 1`);
          lines.push(table, ...rows.flat());
        }
        const { rows: counters } = await query('SELECT s::text FROM pg_sequences s ORDER BY 1');
        return [...lines, ...counters.flat()].join('\n');
      }),
    empty: () => withClient((query) => query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')),
  };
}

function sqlite(file) {
  return {
    async rows() {
      const database = new Database(file, { readonly: true });
      try {
        const tables = database
          .prepare(
            `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'nestjs@_backup%' ESCAPE '@' ORDER BY 1`,
          )
          .pluck()
          .all();
        const lines = tables.flatMap((table) => {
          const rows = database.prepare(`SELECT * FROM "${table}"`).raw().safeIntegers().all();
          return [table, ...rows.map((row) => row.map(String).join('|')).toSorted()];
        });
        return lines.join('\n');
      } finally {
        database.close();
      }
    },
    async empty() {
      for (const suffix of ['', '-wal', '-shm', '-journal']) if (existsSync(file + suffix)) await rm(file + suffix);
    },
  };
}

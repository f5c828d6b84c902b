import type { DataSource } from 'typeorm';
import { quoteIdentifier } from '../quote.js';
import { RECORDS_TABLE, type RecordStore, type StoredRecord } from '../records.js';
import { connect, destroy, type PgClient } from './connection.js';
import { within } from './transaction.js';

/** @throws BackupError `DATABASE_UNAVAILABLE`; the server's own error when the table cannot be created */
export async function openRecords(dataSource: DataSource, defaultSchema: string): Promise<RecordStore> {
  const client = await connect(dataSource);
  try {
    const table = `${quoteIdentifier(defaultSchema)}.${quoteIdentifier(RECORDS_TABLE)}`;
    await createTable(client, table);
    return new PostgresRecords(client, table);
  } catch (error) {
    destroy(client);
    throw error;
  }
}

/** Two processes may do it at the same time. */
async function createTable(client: PgClient, table: string): Promise<void> {
  const isThere = () =>
    within(client, 'read', async () => {
      const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
      return rows[0]!.there === true;
    });
  if (await isThere()) return;
  const columns = 'name text PRIMARY KEY, value text NOT NULL, written_at timestamptz NOT NULL';
  await within(client, 'write', () => client.query(`CREATE TABLE IF NOT EXISTS ${table} (${columns})`)).catch(
    async (error: unknown) => {
      if (!(await isThere())) throw error;
    },
  );
}

class PostgresRecords implements RecordStore {
  readonly lost: AbortSignal;

  constructor(
    private readonly client: PgClient,
    private readonly table: string,
  ) {
    const lost = new AbortController();
    client.on('end', () => lost.abort());
    this.lost = lost.signal;
  }

  all(): Promise<StoredRecord[]> {
    const age = 'extract(epoch FROM clock_timestamp() - written_at) * 1000';
    return within(this.client, 'read', async () => {
      const { rows } = await this.client.query(`SELECT name, value, (${age})::float8 AS age FROM ${this.table}`);
      return rows.map(({ name, value, age }) => ({ name: String(name), value: String(value), age: Number(age) }));
    });
  }

  async write(name: string, value: string): Promise<void> {
    const sql = `INSERT INTO ${this.table} (name, value, written_at) VALUES ($1, $2, clock_timestamp())
      ON CONFLICT (name) DO UPDATE SET value = excluded.value, written_at = excluded.written_at`;
    await within(this.client, 'write', () => this.client.query(sql, [name, value]));
  }

  async remove(name: string): Promise<void> {
    await within(this.client, 'write', () => this.client.query(`DELETE FROM ${this.table} WHERE name = $1`, [name]));
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => {});
  }
}

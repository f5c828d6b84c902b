import type { DataSource } from 'typeorm';
import { LONGEST_NAME, RECORDS_TABLE, type RecordStore, type StoredRecord } from '../records.js';
import { MysqlConnection } from './connection.js';
import { Names } from './names.js';

/** @throws BackupError `DATABASE_UNAVAILABLE`; the server's own error when the table cannot be created */
export async function openRecords(dataSource: DataSource): Promise<RecordStore> {
  const connection = await MysqlConnection.open(dataSource);
  try {
    const table = (await Names.read(connection, dataSource)).sql({ schema: null, name: RECORDS_TABLE });
    // Creating needs a right that reading does not.
    await connection.query(`SELECT 1 FROM ${table} WHERE 1 = 0`).catch(() =>
      connection.query(`CREATE TABLE IF NOT EXISTS ${table} (
        name VARCHAR(${LONGEST_NAME}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
        value LONGTEXT NOT NULL, written_at DATETIME(3) NOT NULL)
        ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`),
    );
    return new MysqlRecords(connection, table);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class MysqlRecords implements RecordStore {
  constructor(
    private readonly connection: MysqlConnection,
    private readonly table: string,
  ) {}

  get lost(): AbortSignal {
    return this.connection.lost;
  }

  async all(): Promise<StoredRecord[]> {
    const age = 'TIMESTAMPDIFF(MICROSECOND, written_at, UTC_TIMESTAMP(3)) / 1000';
    const rows = await this.connection.texts(`SELECT name, value, ${age} FROM ${this.table}`);
    return rows.map(([name, value, milliseconds]) => ({ name: name!, value: value!, age: Number(milliseconds) }));
  }

  async write(name: string, value: string): Promise<void> {
    await this.connection.query(`REPLACE INTO ${this.table} VALUES (?, ?, UTC_TIMESTAMP(3))`, [name, value]);
  }

  async remove(name: string): Promise<void> {
    await this.connection.query(`DELETE FROM ${this.table} WHERE name = ?`, [name]);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

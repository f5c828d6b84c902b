import type { DataSource } from 'typeorm';
import { migrationsTableName } from '../../migrations/record.js';
import { quoteIdentifier } from '../quote.js';
import { isOwnTable } from '../records.js';
import { noDatabase, openBeside, refuseOthers, type ScratchDatabase, scratchName, withDatabase } from '../scratch.js';
import { MysqlConnection } from './connection.js';

const REMEDY =
  'Give the user all rights on databases whose names begin with nestjs_backup_scratch_, and look into the log.';
const HERE = `SELECT s.schema_name, s.default_character_set_name, s.default_collation_name
  FROM information_schema.schemata s WHERE s.schema_name = DATABASE()`;
const TABLES = `SELECT table_name, table_type FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SEQUENCE', 'SYSTEM VERSIONED') ORDER BY table_type DESC, table_name`;

/**
 * A database of the same server, with copies of the application's tables as described by the server itself: migrations
 * could name the application's database, and change that.
 */
export async function createScratch(host: DataSource): Promise<ScratchDatabase> {
  refuseOthers(host);
  const connection = await MysqlConnection.open(host);
  try {
    const [here] = await connection.texts(HERE);
    const [database, charset, collation] = here as [string, string, string];
    const name = scratchName(database);
    const drop = () => connection.query(`DROP DATABASE IF EXISTS ${quoted(name)}`);
    await drop();
    await connection.query(`CREATE DATABASE ${quoted(name)} CHARACTER SET ${charset} COLLATE ${collation}`);
    const dataSource = await open(host, name, database, connection).catch(async (error: unknown) => {
      await drop();
      throw error;
    });
    const end = async () => {
      await dataSource.destroy();
      await drop().finally(() => connection.close());
    };
    return { dataSource, drop: end };
  } catch (cause) {
    await connection.close();
    throw noDatabase(REMEDY, cause);
  }
}

async function open(
  host: DataSource,
  name: string,
  database: string,
  connection: MysqlConnection,
): Promise<DataSource> {
  const tables = await connection.texts(TABLES);
  await connection.query('SET SESSION foreign_key_checks = 0');
  for (const [table, kind] of tables) {
    if (isOwnTable({ schema: null, name: table! })) continue;
    const show = kind === 'SEQUENCE' ? 'SHOW CREATE SEQUENCE' : 'SHOW CREATE TABLE';
    const [[, create] = []] = await connection.texts(`${show} ${quoted(database)}.${quoted(table!)}`);
    await connection.query(`USE ${quoted(name)}`);
    await connection.query(create!);
    await connection.query(`USE ${quoted(database)}`);
  }
  const migrations = migrationsTableName(host);
  if (tables.some(([table]) => table === migrations)) {
    const [from, to] = [database, name].map((one) => `${quoted(one)}.${quoted(migrations)}`);
    await connection.query(`INSERT INTO ${to} SELECT * FROM ${from}`);
  }
  const dataSource = await openBeside(host, withDatabase(host.options, name));
  const [answer] = (await dataSource.query('SELECT DATABASE() AS name')) as Array<{ name: string }>;
  if (answer?.name === name) return dataSource;
  await dataSource.destroy();
  throw new Error(`The options of the DataSource lead to "${answer?.name}" instead.`);
}

function quoted(name: string): string {
  return quoteIdentifier(name, '`');
}

import type { DataSource } from 'typeorm';
import type { BackupError } from '../../errors/backup-error.js';
import { unsupportedDatabase } from '../../errors/usage-errors.js';
import type { EngineValues } from '../values/engine-values.js';
import type { Dialect, DialectFactory } from './dialect.js';
import { refusedByMysql } from './mysql/errors.js';
import { mysqlDialect } from './mysql/index.js';
import { mysqlValues } from './mysql/values/index.js';
import { refusedByPostgres } from './postgres/connection.js';
import { postgresDialect } from './postgres/index.js';
import { postgresValues } from './postgres/values/index.js';
import { type FindRefused, refusal } from './refusal.js';
import { refusedBySqlite } from './sqlite/errors.js';
import { sqliteDialect } from './sqlite/index.js';
import { sqliteValues } from './sqlite/values/index.js';

/** TypeORM's driver types and the engine that serves them. */
const DIALECTS: ReadonlyMap<string, DialectFactory> = new Map([
  ['postgres', postgresDialect],
  ['mysql', mysqlDialect],
  ['mariadb', mysqlDialect],
  ['better-sqlite3', sqliteDialect],
  ['sqljs', sqliteDialect],
]);

/**
 * The dialect for a DataSource.
 * @throws BackupError `UNSUPPORTED_DATABASE` for every other TypeORM driver
 */
export function dialectFor(dataSource: DataSource): Dialect {
  const { type } = dataSource.options;
  const create = DIALECTS.get(type);
  if (!create) throw unsupportedDatabase(type, [...DIALECTS.keys()]);
  return create(dataSource);
}

const REFUSALS: ReadonlyMap<string, FindRefused> = new Map([
  ['postgres', refusedByPostgres],
  ['mysql', refusedByMysql],
  ['mariadb', refusedByMysql],
  ['better-sqlite3', refusedBySqlite],
  ['sqljs', refusedBySqlite],
]);

/** The error of a connection that was refused permanently; undefined if another attempt may succeed. */
export function refusalOf(dataSource: DataSource, cause: unknown): BackupError | undefined {
  const refused = REFUSALS.get(dataSource.options.type)?.(cause);
  return refused && refusal(dataSource, refused, cause);
}

/** How an engine writes values in archives, by the type named in their manifest. */
const VALUES: ReadonlyMap<string, EngineValues> = new Map([
  ['postgres', postgresValues],
  ['mysql', mysqlValues('mysql')],
  ['mariadb', mysqlValues('mariadb')],
  ['better-sqlite3', sqliteValues],
  ['sqljs', sqliteValues],
]);

export function valuesOf(type: string): EngineValues | undefined {
  return VALUES.get(type);
}

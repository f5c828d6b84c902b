import type { DataSource } from 'typeorm';
import { quoteIdentifier } from '../quote.js';
import {
  type BuildSchema,
  noScratch,
  openBeside,
  type ScratchDatabase,
  scratchName,
  withDatabase,
} from '../scratch.js';
import { connect, type PgClient } from './connection.js';

const REMEDY = 'Give the role the right to do so (ALTER ROLE … CREATEDB), and look into the log.';
const DESCRIBE = `SELECT d.datname AS name, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
  pg_catalog.to_jsonb(d) AS properties FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`;
const SCHEMAS = `SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`;
const EXTENSIONS = `SELECT e.extname AS name, n.nspname AS schema FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY e.oid`;

interface Properties {
  readonly datcollate: string;
  readonly datctype: string;
  readonly datlocprovider?: string;
  readonly daticulocale?: string;
  readonly datlocale?: string;
}

/** A database of the same server, encoding and locale, with the host's schemas and extensions. */
export async function createScratch(host: DataSource, build: BuildSchema): Promise<ScratchDatabase> {
  const admin = await connect(host);
  try {
    const { rows } = await admin.query(DESCRIBE);
    const {
      name: database,
      encoding,
      properties,
    } = rows[0] as { name: string; encoding: string; properties: Properties };
    const name = scratchName(database);
    await drop(admin, name);
    await admin.query(`CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ${likeness(encoding, properties)}`);
    const dataSource = await open(host, name, admin, build).catch(async (error: unknown) => {
      await drop(admin, name);
      throw error;
    });
    return { dataSource, drop: () => end(dataSource, name, admin) };
  } catch (cause) {
    await admin.end();
    throw noScratch(REMEDY, cause);
  }
}

async function open(host: DataSource, name: string, admin: PgClient, build: BuildSchema): Promise<DataSource> {
  const dataSource = await openBeside(host, withDatabase(host.options, name));
  try {
    const [here] = (await dataSource.query('SELECT current_database() AS name')) as Array<{ name: string }>;
    if (here?.name !== name) throw new Error(`The options of the DataSource lead to "${here?.name}" instead.`);
    for (const row of (await admin.query(SCHEMAS)).rows) {
      await dataSource.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(String(row['name']))}`);
    }
    for (const { name: extension, schema } of (await admin.query(EXTENSIONS)).rows) {
      const [what, where] = [extension, schema].map((one) => quoteIdentifier(String(one)));
      // One that this role may not create is missed by the tables that need it.
      await dataSource.query(`CREATE EXTENSION IF NOT EXISTS ${what} SCHEMA ${where}`).catch(() => {});
    }
    await build(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function end(dataSource: DataSource, name: string, admin: PgClient): Promise<void> {
  try {
    await dataSource.destroy();
    await drop(admin, name);
  } finally {
    await admin.end();
  }
}

/** Its connections are told to end, and it is waited for them; DROP … WITH (FORCE) came with version 13. */
async function drop(admin: PgClient, name: string): Promise<void> {
  const others = 'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1';
  await admin.query(others, [name]);
  await admin.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`);
}

function likeness(encoding: string, { datcollate, datctype, datlocprovider, ...locales }: Properties): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const icu = locales.datlocale ?? locales.daticulocale;
  const provider = datlocprovider === 'i' && icu ? ` LOCALE_PROVIDER icu ICU_LOCALE ${quoted(icu)}` : '';
  return `ENCODING ${quoted(encoding)} LC_COLLATE ${quoted(datcollate)} LC_CTYPE ${quoted(datctype)}${provider}`;
}

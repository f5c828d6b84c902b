import type { DataSource } from 'typeorm';
import { quoteIdentifier } from '../quote.js';
import {
  type BuildSchema,
  noDatabase,
  openBeside,
  type ScratchDatabase,
  scratchName,
  withDatabase,
} from '../scratch.js';
import { connect, ownsSession, type PgClient } from './connection.js';
import { within } from './transaction.js';

const REMEDY = 'Give the role the right to do so (ALTER ROLE … CREATEDB), and look into the log.';
const SLOW_REMEDY = 'The statement_timeout of the role ends it, and behind a pooler it cannot be lifted: raise it.';
const QUERY_CANCELED = '57014';
const OWN_SETTINGS = 'SET statement_timeout TO 0; SET lock_timeout TO 0; SET default_transaction_read_only TO off';
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

/** A database of the same server, encoding and locale, with the application's schemas and extensions. */
export async function createScratch(host: DataSource, build: BuildSchema): Promise<ScratchDatabase> {
  try {
    const { name, likeness, ...contents } = await describe(host);
    const drop = () => administer(host, (admin) => dropDatabase(admin, name));
    await drop();
    await administer(host, (admin) =>
      admin.query(`CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ${likeness}`),
    );
    const dataSource = await open(host, name, contents, build).catch(async (error: unknown) => {
      await drop();
      throw error;
    });
    return { dataSource, drop: () => dataSource.destroy().then(drop) };
  } catch (cause) {
    const timedOut = (cause as { code?: string }).code === QUERY_CANCELED;
    throw noDatabase(timedOut ? SLOW_REMEDY : REMEDY, cause);
  }
}

interface Description {
  readonly name: string;
  readonly likeness: string;
  /** Statements that create them. */
  readonly schemas: readonly string[];
  readonly extensions: readonly string[];
}

async function describe(host: DataSource): Promise<Description> {
  const client = await connect(host);
  try {
    return await within(client, 'read', async () => {
      const [here] = (await client.query(DESCRIBE)).rows;
      const { name, encoding, properties } = here as { name: string; encoding: string; properties: Properties };
      return {
        name: scratchName(name),
        likeness: likeness(encoding, properties),
        schemas: (await client.query(SCHEMAS)).rows.map(
          (row) => `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(String(row['name']))}`,
        ),
        extensions: (await client.query(EXTENSIONS)).rows.map((row) => {
          const [what, where] = [row['name'], row['schema']].map((one) => quoteIdentifier(String(one)));
          return `CREATE EXTENSION IF NOT EXISTS ${what} SCHEMA ${where}`;
        }),
      };
    });
  } finally {
    await client.end();
  }
}

async function open(
  host: DataSource,
  name: string,
  { schemas, extensions }: Pick<Description, 'schemas' | 'extensions'>,
  build: BuildSchema,
): Promise<DataSource> {
  const dataSource = await openBeside(host, withDatabase(host.options, name));
  try {
    const [here] = (await dataSource.query('SELECT current_database() AS name')) as Array<{ name: string }>;
    if (here?.name !== name) throw new Error(`The options of the DataSource lead to "${here?.name}" instead.`);
    for (const create of schemas) await dataSource.query(create);
    // The tables that need one that this role may not create will report it.
    for (const create of extensions) await dataSource.query(create).catch(() => {});
    await build(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/**
 * Databases are created and dropped outside transactions, where settings are reliable only in a session of one's own.
 */
async function administer(host: DataSource, work: (admin: PgClient) => Promise<unknown>): Promise<void> {
  const admin = await connect(host);
  try {
    if (await ownsSession(admin)) await admin.query(OWN_SETTINGS);
    await work(admin);
  } finally {
    await admin.end();
  }
}

/** Its connections are terminated and awaited; DROP … WITH (FORCE) requires version 13. */
async function dropDatabase(admin: PgClient, name: string): Promise<void> {
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

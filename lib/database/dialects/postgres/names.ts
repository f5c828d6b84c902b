import type { DataSource } from 'typeorm';
import type { TableLocation } from '../../table-location.js';
import { type PgClient, postgresDriver } from './connection.js';
import { readSearchPath } from './transaction.js';

/**
 * The schema in which a name without a schema finds something, whatever it is.
 * @param $1 names @param $2 the search path
 */
const FOUND = `
  SELECT DISTINCT ON (c.relname) c.relname AS name, path.schema
  FROM unnest($2::text[]) WITH ORDINALITY AS path(schema, position)
    JOIN pg_namespace n ON n.nspname = path.schema JOIN pg_class c ON c.relnamespace = n.oid
  WHERE c.relname = ANY($1::text[]) ORDER BY c.relname, path.position`;

/** TypeORM's option, or the first schema of the connection's search path. */
export function defaultSchemaOf(dataSource: DataSource): string {
  return postgresDriver(dataSource).schema ?? 'public';
}

/** Translates between the catalog's names of tables and the application's. */
export class Names {
  private constructor(
    private readonly defaultSchema: string,
    /** The schemas of tables that entities name without one, and that are behind the first of the search path. */
    private readonly behind: ReadonlyMap<string, string>,
  ) {}

  /** Only inside a transaction: it asks for the search path of the application's own sessions. */
  static async read(client: PgClient, dataSource: DataSource): Promise<Names> {
    const defaultSchema = defaultSchemaOf(dataSource);
    const entities = dataSource.entityMetadatas.filter(({ tableType }) => tableType !== 'view');
    const bare = entities.filter(({ schema }) => schema === undefined).map(({ tableName }) => tableName);
    if (bare.length === 0) return new Names(defaultSchema, new Map());
    const path = await readSearchPath(client);
    if (path.every((schema) => schema === defaultSchema)) return new Names(defaultSchema, new Map());
    const { rows } = await client.query(FOUND, [bare, path]);
    const found = rows as Array<{ name: string; schema: string }>;
    const isNamed = (name: string, schema: string) =>
      entities.some((entity) => entity.tableName === name && entity.schema === schema);
    const behind = found.filter(({ name, schema }) => schema !== defaultSchema && !isNamed(name, schema));
    return new Names(defaultSchema, new Map(behind.map(({ name, schema }) => [name, schema])));
  }

  /** Without a schema if the application needs none to find it. */
  locate(schema: string, name: string): TableLocation {
    return { schema: schema === this.defaultSchema || this.behind.get(name) === schema ? null : schema, name };
  }
}

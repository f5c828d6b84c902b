/**
 * Where a table is. `schema` is null in the connection's default schema (PostgreSQL), database (MySQL) or file
 * (SQLite).
 */
export interface TableLocation {
  readonly schema: string | null;
  readonly name: string;
}

/** A table's name in lines and in the manifest: qualified by its schema if that is not the default one. */
export function modelName({ schema, name }: TableLocation): string {
  return schema === null ? name : `${schema}.${name}`;
}

/** Identity of a table; names may contain any character, so joining them is not enough. */
export function locationKey({ schema, name }: TableLocation): string {
  return JSON.stringify([schema, name]);
}

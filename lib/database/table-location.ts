/** Where a table lives. `schema` is null in the connection's default schema (PostgreSQL), database (MySQL) or file (SQLite). */
export interface TableLocation {
  readonly schema: string | null;
  readonly name: string;
}

/** How lines and the manifest name a table: qualified by its schema when that is not the default one. */
export function modelName({ schema, name }: TableLocation): string {
  return schema === null ? name : `${schema}.${name}`;
}

/** Identity of a table; names may hold any character, so joining them is not enough. */
export function locationKey({ schema, name }: TableLocation): string {
  return JSON.stringify([schema, name]);
}

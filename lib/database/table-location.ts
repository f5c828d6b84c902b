import type { TableLocation } from './dialects/dialect.js';

/** How lines and the manifest name a table: qualified by its schema when that is not the default one. */
export function modelName({ schema, name }: TableLocation): string {
  return schema === null ? name : `${schema}.${name}`;
}

/** Identity of a table; names may hold any character, so joining them is not enough. */
export function locationKey({ schema, name }: TableLocation): string {
  return JSON.stringify([schema, name]);
}

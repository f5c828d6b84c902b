import { createHash } from 'node:crypto';

const LENGTH = 16;

/** One short text of what tells a database from every other one: hexadecimal, fit for the name of a file. */
export function identityOf(engine: string, parts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([engine, ...parts]))
    .digest('hex')
    .slice(0, LENGTH);
}

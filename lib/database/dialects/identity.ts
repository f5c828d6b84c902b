import { createHash } from 'node:crypto';

const LENGTH = 16;

/** A short text that distinguishes a database from every other one: hexadecimal, suitable for a file name. */
export function identityOf(engine: string, parts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([engine, ...parts]))
    .digest('hex')
    .slice(0, LENGTH);
}

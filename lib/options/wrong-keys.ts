import { invalidOption } from '../errors/usage-errors.js';

/**
 * Counts attempts: the interface of @nestjs/throttler's storages, so that any of them can be given. `ttl` and
 * `blockDuration` are in milliseconds. Of the answer only `totalHits` is used.
 */
export interface WrongKeyStorage {
  increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<{ readonly totalHits: number }>;
}

/** How many wrong backup keys are answered before every key is refused. */
export interface WrongKeyOptions {
  /** Wrong keys for each user and address in each window. @default 5 */
  limit?: number;
  /** Length of a window, in milliseconds. @default 60000 */
  ttl?: number;
  /**
   * Where they are counted. A storage that all processes share (Redis) makes the limit one for all of them.
   * @default the memory of this process
   */
  storage?: WrongKeyStorage;
}

/** The same, complete. */
export interface ResolvedWrongKeys {
  readonly limit: number;
  readonly ttl: number;
  readonly storage: WrongKeyStorage | undefined;
}

const DEFAULTS = { limit: 5, ttl: 60_000, storage: undefined };

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveWrongKeys(given: WrongKeyOptions): ResolvedWrongKeys {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(DEFAULTS, name));
  check(unknown ?? '', unknown === undefined, 'there is no such option', 'Options: limit, ttl, storage.');
  const limit = given.limit ?? DEFAULTS.limit;
  const ttl = given.ttl ?? DEFAULTS.ttl;
  const storage = given.storage ?? undefined;
  const wrongKind = 'the value is of the wrong kind';
  check('limit', Number.isSafeInteger(limit) && limit >= 1, wrongKind, 'Give a whole number from 1.');
  check('ttl', Number.isSafeInteger(ttl) && ttl >= 1_000, wrongKind, 'Give milliseconds, 1000 at least.');
  const isStorage = storage === undefined || typeof storage?.increment === 'function';
  check('storage', isStorage, wrongKind, 'Give a storage of @nestjs/throttler, or what has its method increment().');
  return { limit, ttl, storage };
}

function check(name: string, holds: boolean, problem: string, remedy: string): void {
  if (!holds) throw invalidOption(`wrongKeys.${name}`, problem, remedy);
}

import { invalidOption } from '../errors/usage-errors.js';
import { unknownIn } from '../support/read-options.js';
import { unknownOption } from './unknown-option.js';

/**
 * Counts attempts: the interface of @nestjs/throttler's storages, so that any of them can be used. `ttl` and
 * `blockDuration` are in milliseconds. Only `totalHits` of the result is used.
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

/** How many wrong backup keys are allowed before every key is refused. */
export interface WrongKeyOptions {
  /** Wrong keys per user and address in each window. @default 5 */
  limit?: number;
  /** Length of a window, in milliseconds. @default 60000 */
  ttl?: number;
  /**
   * Where they are counted. With a storage that all processes share (Redis), the limit applies to all of them together.
   * @default the memory of this process
   */
  storage?: WrongKeyStorage;
}

/** The same, with defaults filled in. */
export interface ResolvedWrongKeys {
  readonly limit: number;
  readonly ttl: number;
  readonly storage: WrongKeyStorage | undefined;
}

const DEFAULTS = { limit: 5, ttl: 60_000, storage: undefined };

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveWrongKeys(given: WrongKeyOptions): ResolvedWrongKeys {
  const unknown = unknownIn(given, Object.keys(DEFAULTS));
  if (unknown !== undefined) throw unknownOption(unknown, Object.keys(DEFAULTS), 'wrongKeys.');
  const limit = given.limit ?? DEFAULTS.limit;
  const ttl = given.ttl ?? DEFAULTS.ttl;
  const storage = given.storage ?? undefined;
  const wrongKind = 'the value is invalid';
  check('limit', Number.isSafeInteger(limit) && limit >= 1, wrongKind, 'Set a whole number of at least 1.');
  check('ttl', Number.isSafeInteger(ttl) && ttl >= 1_000, wrongKind, 'Set at least 1000 milliseconds.');
  const isStorage = storage === undefined || typeof storage?.increment === 'function';
  check(
    'storage',
    isStorage,
    wrongKind,
    'Set a storage of @nestjs/throttler, or an object with its method increment().',
  );
  return { limit, ttl, storage };
}

function check(name: string, holds: boolean, problem: string, remedy: string): void {
  if (!holds) throw invalidOption(`wrongKeys.${name}`, problem, remedy);
}

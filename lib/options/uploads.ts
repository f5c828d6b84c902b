import { invalidOption } from '../errors/usage-errors.js';
import { unknownIn } from '../support/read-options.js';
import { unknownOption } from './unknown-option.js';

/** Limits of uploads from the page. */
export interface UploadOptions {
  /** Size of the largest archive that is accepted, in bytes. @default no limit but the room in the destination */
  maxBytes?: number;
  /** How many unfinished uploads a destination holds at most. @default 5 */
  maxUnfinished?: number;
  /** After which time an unfinished upload is removed, in milliseconds. @default 172800000 (2 days) */
  expiresAfter?: number;
}

/** The same, with defaults filled in. */
export type ResolvedUploads = Readonly<Required<UploadOptions>>;

const DEFAULTS: ResolvedUploads = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxUnfinished: 5,
  expiresAfter: 172_800_000,
};

/** An upload takes at least as long as it takes to choose the file again, in milliseconds. */
const SHORTEST = 60_000;

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveUploads(given: UploadOptions): ResolvedUploads {
  const unknown = unknownIn(given, Object.keys(DEFAULTS));
  if (unknown !== undefined) throw unknownOption(unknown, Object.keys(DEFAULTS), 'uploads.');
  const maxBytes = given.maxBytes ?? DEFAULTS.maxBytes;
  const maxUnfinished = given.maxUnfinished ?? DEFAULTS.maxUnfinished;
  const expiresAfter = given.expiresAfter ?? DEFAULTS.expiresAfter;
  check('maxBytes', maxBytes, 1, 'Set a whole number of bytes, at least 1.');
  check('maxUnfinished', maxUnfinished, 0, 'Set a whole number, or 0 for no uploads.');
  check('expiresAfter', expiresAfter, SHORTEST, `Set a whole number of milliseconds, at least ${SHORTEST}.`);
  return { maxBytes, maxUnfinished, expiresAfter };
}

function check(name: string, value: unknown, least: number, remedy: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw invalidOption(`uploads.${name}`, 'the value is invalid', remedy);
}

import { BackupError } from '../errors/backup-error.js';
import { noAnswer } from '../errors/destination-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { DEFAULT_REMOTE_TIMEOUT_MS, withDeadline } from '../support/deadline.js';

/** At least 20 characters or bytes. */
export type Secret = string | Uint8Array;
/** A secret, or a function that gives it. */
export type SecretSource = Secret | (() => Secret | Promise<Secret>);
/** The first one seals; the seals of all of them are accepted. */
export type RetentionKey = SecretSource | readonly SecretSource[];

const SHORTEST = 20;
const REMEDY = `Set a string of at least ${SHORTEST} characters (openssl rand -hex 32), a function that returns one, or a list of these, the newest first.`;

/**
 * Literal keys are checked immediately, the results of functions whenever they are called.
 * @param timeout how long each function may take, in milliseconds
 * @throws BackupError `INVALID_OPTIONS`; so does the returned function, which also passes on what the application's throw
 */
export function resolveRetentionKey(
  given: RetentionKey | undefined,
  timeout = DEFAULT_REMOTE_TIMEOUT_MS,
): (() => Promise<Buffer[]>) | null {
  if (given === undefined || given === null) return null;
  const sources = (Array.isArray(given) ? given : [given]) as readonly SecretSource[];
  if (sources.length === 0) throw invalid('the list is empty');
  for (const source of sources) if (typeof source !== 'function') parse(source);
  const late = () => noAnswer('the function retentionKey', timeout);
  const ask = async (one: SecretSource) => (typeof one === 'function' ? one() : one);
  return () => Promise.all(sources.map(async (one) => parse(await withDeadline(timeout, ask(one), late))));
}

function parse(secret: Secret): Buffer {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw invalid('the value is invalid');
  if (secret.length < SHORTEST) throw invalid(`it is shorter than ${SHORTEST} characters`);
  return typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret);
}

function invalid(problem: string): BackupError {
  return invalidOption('retentionKey', problem, REMEDY);
}

import { BackupError } from '../errors/backup-error.js';
import { noAnswer } from '../errors/destination-errors.js';
import { invalidOption } from '../errors/usage-errors.js';
import { DEFAULT_REMOTE_TIMEOUT_MS, withDeadline } from '../support/deadline.js';

/** 20 characters at least, or as many bytes. */
export type Secret = string | Uint8Array;
/** A secret, or a function that gives it. */
export type SecretSource = Secret | (() => Secret | Promise<Secret>);
/** The first one seals; what any of them has sealed is known. */
export type RetentionKey = SecretSource | readonly SecretSource[];

const SHORTEST = 20;
const REMEDY = `Give a text of ${SHORTEST} characters at least (openssl rand -hex 32), a function that gives one, or a list of them, the newest first.`;

/**
 * Keys that stand there are checked at once, those that functions give when they are asked for.
 * @param timeout how long each function may take, in milliseconds
 * @throws BackupError `INVALID_OPTIONS`; the function it returns too, and what the application's throw
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
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw invalid('the value is of the wrong kind');
  if (secret.length < SHORTEST) throw invalid(`it is shorter than ${SHORTEST} characters`);
  return typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret);
}

function invalid(problem: string): BackupError {
  return invalidOption('retentionKey', problem, REMEDY);
}

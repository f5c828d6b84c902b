import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** The problem of each destination error, without the prefix that they all share. */
const sayings = new WeakMap<object, string>();

/**
 * A destination failed; other destinations of the same backup are not affected.
 * @param cause if it is such an error itself, its problem becomes part of the sentence
 */
export function destinationFailed(problem: string, cause?: unknown): BackupError {
  const saying = typeof cause === 'object' && cause !== null ? sayings.get(cause) : undefined;
  if (saying !== undefined) return destinationFailed(`${problem}: ${saying}`, (cause as BackupError).cause);
  const said = clause(problem);
  const remedy = 'Check that it is readable and writable, then try again.';
  const error = new BackupError('DESTINATION_FAILED', `The destination failed: ${said}.`, { remedy, cause });
  sayings.set(error, said);
  return error;
}

/** @param what did not answer; @param milliseconds how long the caller waited */
export function noAnswer(what: string, milliseconds: number): BackupError {
  return destinationFailed(`${what} did not answer for ${milliseconds / 1000} seconds (option remoteTimeout)`);
}

/** @param cause must not contain the password */
export function queueUnavailable(cause: Error): BackupError {
  const remedy = 'Check that it is running, then try again.';
  const problem = 'Redis, which holds the backup queue, does not answer.';
  return new BackupError('QUEUE_UNAVAILABLE', problem, { remedy, cause });
}

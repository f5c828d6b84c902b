import { BackupError } from './backup-error.js';
import { clause } from './sentence.js';

/** What destinations say of themselves, without what every such error begins with. */
const sayings = new WeakMap<object, string>();

/**
 * A destination did not do what was asked; other destinations of the same backup are not concerned.
 * @param cause of which, when it is such an error itself, the own words become part of the sentence
 */
export function destinationFailed(problem: string, cause?: unknown): BackupError {
  const saying = typeof cause === 'object' && cause !== null ? sayings.get(cause) : undefined;
  if (saying !== undefined) return destinationFailed(`${problem}: ${saying}`, (cause as BackupError).cause);
  const said = clause(problem);
  const remedy = 'See to it that it can be written to and read, then try again.';
  const error = new BackupError('DESTINATION_FAILED', `The destination failed: ${said}.`, { remedy, cause });
  sayings.set(error, said);
  return error;
}

/** @param what did not answer; @param milliseconds for which it was waited */
export function noAnswer(what: string, milliseconds: number): BackupError {
  return destinationFailed(`${what} did not answer for ${milliseconds / 1000} seconds (option remoteTimeout)`);
}

/** @param cause without what could be a password */
export function queueUnavailable(cause: Error): BackupError {
  const remedy = 'Check that it runs, then try again.';
  const problem = 'Redis, which has the queue of backups, does not answer.';
  return new BackupError('QUEUE_UNAVAILABLE', problem, { remedy, cause });
}

import { BackupError } from '../errors/backup-error.js';
import { wrongUsage } from '../errors/usage-errors.js';
import type { BackupJobData } from './backup-job.js';

const isText = (value: unknown) => typeof value === 'string';
const isTextOrNothing = (value: unknown) => value === undefined || value === null || isText(value);

/** What each field of a job may be. */
const FIELDS: Readonly<Record<keyof BackupJobData, (value: unknown) => boolean>> = {
  destinations: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  initiator: (value) => value === undefined || isInitiator(value),
  schedule: (value) => value === undefined || isText(value),
  prune: (value) => value === undefined || typeof value === 'boolean',
};

/**
 * Whatever is in Redis may have been put there by somebody else.
 * @throws BackupError `WRONG_USAGE`, naming the field
 */
export function checkJob(data: unknown): asserts data is BackupJobData {
  if (!isObject(data)) throw wrong('its data is not an object');
  const unknown = Object.keys(data).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined) throw wrong(`it has a field ${JSON.stringify(unknown.slice(0, 64))}, which no backup has`);
  for (const [field, isFine] of Object.entries(FIELDS)) {
    if (!isFine(data[field])) {
      throw wrong(field === 'destinations' ? 'it names no destinations' : `its ${field} has an invalid type`);
    }
  }
}

function isInitiator(value: unknown): boolean {
  return isObject(value) && ['via', 'user', 'address'].every((field) => isTextOrNothing(value[field]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(problem: string): BackupError {
  const remedy = "Put backups into the queue with BackupQueue.enqueue({ destinations: ['vault'] }).";
  return wrongUsage(`the job is not a backup: ${problem}`, remedy);
}

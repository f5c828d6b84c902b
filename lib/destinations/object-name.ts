import { destinationFailed } from '../errors/destination-errors.js';

const OBJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whether a name is one that destinations accept; no such name leaves its directory. */
export function isObjectName(name: string): boolean {
  return OBJECT_NAME.test(name);
}

/** @throws BackupError `DESTINATION_FAILED` */
export function checkObjectName(name: string): string {
  if (isObjectName(name)) return name;
  throw destinationFailed(`${JSON.stringify(name)} is not a valid object name`);
}

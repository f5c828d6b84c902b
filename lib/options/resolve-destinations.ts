import { realpathSync } from 'node:fs';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { BoundedDestination } from '../destinations/bounded-destination.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { type DataDirectory, isLocal, isStore, isWithin } from '../files/data-directory.js';

/** A destination with its name. */
export type Destinations = ReadonlyMap<string, BoundedDestination>;

/** What the command line accepts before a colon. */
const DESTINATION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const METHODS = ['put', 'open', 'list', 'delete'] as const;

/**
 * Resolves the destinations, and refuses any inside a data directory, which would back up its own backups again and again.
 * @param timeout how long a call to a destination may go without an answer, in milliseconds
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveDestinations(
  given: Record<string, BackupDestination>,
  dataDirs: readonly DataDirectory[],
  timeout: number,
): Destinations {
  const places = dataDirs.filter(isLocal).map(({ name, path }) => ({ what: what(name), path: realpathSync(path) }));
  for (const [name, destination] of Object.entries(given)) {
    const option = `destinations.${name}`;
    checkShape(option, name, destination);
    destination.check?.(option);
    const around = dataDirs.filter(isStore).find(({ store }) => destination.location?.startsWith(store.location));
    if (around) throw invalid(option, `it is inside ${what(around.name)}`, 'Choose a separate location.');
    if (destination.directory === undefined) continue;
    const path = realpathSync(destination.directory);
    const outer = places.find((place) => isWithin(place.path, path));
    if (outer) throw invalid(option, `it is inside ${outer.what}`, 'Choose a separate directory.');
    places.push({ what: `the destination "${name}"`, path });
  }
  return new Map(Object.entries(given).map(([name, one]) => [name, new BoundedDestination(one, timeout)]));
}

function checkShape(option: string, name: string, destination: BackupDestination): void {
  if (!DESTINATION_NAME.test(name)) {
    const remedy = 'Use at most 64 letters, digits, "_" and "-", starting with a letter or a digit.';
    throw invalid(option, 'the name cannot be used on the command line', remedy);
  }
  const missing = METHODS.find((method) => typeof (destination as Partial<BackupDestination>)?.[method] !== 'function');
  if (missing) {
    throw invalid(option, `it has no method ${missing}()`, "Set localDirectory('/path'), or another destination.");
  }
}

function what(name: string): string {
  return `the data directory "${name}"`;
}

function invalid(option: string, problem: string, remedy: string): BackupError {
  return invalidOption(option, problem, remedy);
}

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
 * @param whenUsed destinations that cannot be used are returned with their problem
 * @throws BackupError `INVALID_OPTIONS`
 */
export function resolveDestinations(
  given: Record<string, BackupDestination>,
  dataDirs: readonly DataDirectory[],
  timeout: number,
  whenUsed = false,
): Destinations {
  const places = dataDirs.filter(isLocal).map(({ name, path }) => ({ what: what(name), path: realpathSync(path) }));
  const check = (name: string, destination: BackupDestination) => {
    const option = `destinations.${name}`;
    destination.check?.(option);
    const around = dataDirs.filter(isStore).find(({ store }) => destination.location?.startsWith(store.location));
    if (around) throw invalid(option, `it is inside ${what(around.name)}`, 'Choose a separate location.');
    if (destination.directory === undefined) return;
    const path = realpathSync(destination.directory);
    const outer = places.find((place) => isWithin(place.path, path));
    if (outer) throw invalid(option, `it is inside ${outer.what}`, 'Choose a separate directory.');
    places.push({ what: `the destination "${name}"`, path });
  };
  const found = new Map<string, BoundedDestination>();
  for (const [name, destination] of Object.entries(given)) {
    checkShape(`destinations.${name}`, name, destination);
    let problem: Error | undefined;
    try {
      check(name, destination);
    } catch (error) {
      if (!whenUsed) throw error;
      problem = error as Error;
    }
    found.set(name, new BoundedDestination(destination, timeout, problem));
  }
  return found;
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

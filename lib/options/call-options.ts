import { wrongUsage } from '../errors/usage-errors.js';
import { knownOptions } from '../support/nearest.js';

/**
 * All options of a call. A switch has to be a boolean; the others are checked where they are used. Errors do not name those
 * that are for callers within the library, or change nothing.
 */
export type CallOptions<Options> = { readonly [Name in keyof Required<Options>]: 'switch' | 'value' | 'unnamed' };

/** The options of another call, where they are taken and change nothing. */
export function unnamed<Options>(others: CallOptions<Options>): CallOptions<Options> {
  return Object.fromEntries(Object.keys(others).map((name) => [name, 'unnamed'])) as CallOptions<Options>;
}

/**
 * Refuses what cannot be honoured: a misspelled key would make an archive that is not encrypted, a misspelled `dryRun` a
 * restore, and every text is true.
 * @param call name of the method
 * @throws BackupError `WRONG_USAGE`
 */
export function checkCallOptions<Options extends object>(
  call: string,
  given: Options,
  known: CallOptions<Options>,
): void {
  if (typeof given !== 'object' || given === null) {
    throw wrongUsage(`the options of ${call}() are not an object`, 'Give an object, or nothing.');
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.entries(known).flatMap(([one, kind]) => (kind === 'unnamed' ? [] : [one]));
      throw wrongUsage(`${call}() has no option "${name}"`, knownOptions(name, names));
    }
    const isSwitch = known[name as keyof Options] === 'switch';
    if (isSwitch && value !== undefined && value !== null && typeof value !== 'boolean') {
      throw wrongUsage(`the option "${name}" of ${call}() is not a boolean`, 'Give true or false.');
    }
  }
}

import { knownOptions } from './nearest.js';

/** @param option undefined when it is about all of them */
export type RefuseOption = (option: string | undefined, problem: string, remedy: string) => Error;

/**
 * The options that an object has, by their names and not by copying its properties: a copy would silently lose getters and
 * whatever else a class defines.
 * @throws what `refuse` makes of something that is no object, and of own properties that are no options
 */
export function readOptions<Options extends object>(
  given: unknown,
  known: readonly string[],
  refuse: RefuseOption,
): Options {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const what = given === undefined || given === null ? String(given) : Array.isArray(given) ? 'array' : typeof given;
    const problem = `its options are not an object (${what})`;
    throw refuse(undefined, problem, 'Make the factory return one, even if it is empty.');
  }
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw refuse(unknown, 'unknown option', knownOptions(unknown, known));
  return namedIn<Options>(given, known);
}

/** Those of the names that an object has, as its own properties or not. */
export function namedIn<Options extends object>(given: object, names: readonly string[]): Options {
  const found = names.filter((name) => name in given).map((name) => [name, given[name as never]]);
  return Object.fromEntries(found) as Options;
}

import { knownOptions, meantBy } from './nearest.js';

/** @param option undefined when it is about all of them */
export type RefuseOption = (option: string | undefined, problem: string, remedy: string) => Error;

/**
 * The options that an object has, by their names and not by copying its properties: a copy would silently lose getters and
 * whatever else a class defines.
 * @throws what `refuse` makes of something that is no object, and of `unknownIn`
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
  const unknown = unknownIn(given, known);
  if (unknown !== undefined) throw refuse(unknown, 'unknown option', knownOptions(unknown, known));
  return namedIn<Options>(given, known);
}

/**
 * A property that is no option: any own one, or an inherited one that is probably a missing option, misspelled. What else a
 * class has is its own business.
 */
export function unknownIn(given: object, known: readonly string[]): string | undefined {
  const missing = known.filter((name) => !(name in given));
  return (
    Object.keys(given).find((name) => !known.includes(name)) ??
    inheritedNames(given).find((name) => !known.includes(name) && meantBy(name, missing) !== undefined)
  );
}

function inheritedNames(given: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(given);
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return [];
  return [...Object.getOwnPropertyNames(prototype), ...inheritedNames(prototype)];
}

/** All that an object says of its options, right or wrong, as own properties. */
export function spelledOut<Given extends object>(given: Given, known: readonly string[]): Given {
  const unknown = unknownIn(given, known);
  return { ...given, ...namedIn(given, known), ...(unknown !== undefined && { [unknown]: undefined }) };
}

/** Those of the names that an object has, as its own properties or not. */
export function namedIn<Options extends object>(given: object, names: readonly string[]): Options {
  const found = names.filter((name) => name in given).map((name) => [name, given[name as never]]);
  return Object.fromEntries(found) as Options;
}

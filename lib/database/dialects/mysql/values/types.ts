const LABEL = /'((?:[^'\\]|''|\\.)*)'/gs;

/** The numbers in the brackets of a type. */
export function modifiers(type: string): number[] {
  return (/^\w+\((\d+(?:,\d+)?)\)/.exec(type)?.[1] ?? '').split(',').filter(Boolean).map(Number);
}

/** The labels of an enum or a set. */
export function labelsOf(type: string): string[] {
  return [...type.matchAll(LABEL)].map(([, label]) => label!.replaceAll("''", "'"));
}

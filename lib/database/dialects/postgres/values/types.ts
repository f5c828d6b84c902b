/** A column's type as written by `format_type`, split into its parts. */
export interface PgType {
  /** Without modifiers: `timestamp without time zone`. */
  readonly base: string;
  /** The numbers in brackets. */
  readonly modifiers: readonly number[];
  /** For an array, the type of its elements. */
  readonly element: string | undefined;
}

export function parseType(type: string): PgType {
  const [, element] = /^(.*)\[\]$/s.exec(type) ?? [];
  const [, modifiers = ''] = /\((\d+(?:,-?\d+)?)\)/.exec(type) ?? [];
  return {
    base: type.replace(/\(\d+(?:,-?\d+)?\)/, ''),
    modifiers: modifiers === '' ? [] : modifiers.split(',').map(Number),
    element,
  };
}

/** The logical types, and how a value of each stands between two engines: exact, and in no engine's own form. */
export interface NeutralValues {
  readonly integer: bigint;
  /** Digits, perhaps with a sign and a point; no exponent, no zeros that say nothing. */
  readonly decimal: string;
  /** Of a column of 32 bits the number that its shortest text stands for. */
  readonly float: number;
  readonly boolean: boolean;
  readonly text: string;
  readonly bytes: Buffer;
  /** YYYY-MM-DD, of the years 1 to 9999. */
  readonly date: string;
  /** Microseconds since midnight. */
  readonly time: bigint;
  /** Microseconds since 1970 in UTC. */
  readonly instant: bigint;
  /** The same, of a clock on a wall: a date and a time of day without a zone. */
  readonly wall: bigint;
  readonly json: string;
  readonly uuid: string;
  readonly array: NeutralArray;
  /** What only its own engine has. */
  readonly other: string;
}

export interface NeutralArray {
  readonly items: ReadonlyArray<string | null>;
  /** The items are numbers or booleans, as JSON writes them. */
  readonly bare: boolean;
}

export type Kind = keyof NeutralValues;

/** One value and its logical type. */
export type Neutral = { [K in Kind]: { readonly kind: K; readonly value: NeutralValues[K] } }[Kind];

/** A value that cannot be converted. The message says why as the rest of a sentence about values, and shows none. */
export class UnfitError extends Error {}

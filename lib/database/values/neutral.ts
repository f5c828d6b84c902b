/** The logical types, and the exact form of their values between two engines, which is no engine's own. */
export interface NeutralValues {
  readonly integer: bigint;
  /** Digits, possibly with a sign and a point; no exponent and no redundant zeros. */
  readonly decimal: string;
  /** For a column of 32 bits, the number represented by its shortest text. */
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
  /** The same for wall-clock time: a date and a time of day without a zone. */
  readonly wall: bigint;
  readonly json: string;
  readonly uuid: string;
  readonly array: NeutralArray;
  /** Types that only one engine has. */
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

/**
 * A value that cannot be converted. The message continues a sentence about values with the reason, and shows no value.
 */
export class UnfitError extends Error {}

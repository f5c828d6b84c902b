/** Steps that are sent together. */
export interface Request {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly steps: number;
}

export interface Refusal {
  /** Place of the step in the request, and where it is in its bytes. */
  readonly step: number;
  readonly at: number;
  /** The system's error, of which only this much gets from thread to thread. */
  readonly error: { readonly message: string; readonly code?: string };
}

export interface Answer {
  /** No step after it was taken, nor will be. */
  failed?: Refusal;
  notGiven?: Refusal;
}

import { LINE_BLOCK_BYTES } from '../format.js';
import type { ScannedLines } from '../scanner.js';
import type { PlaceMemory } from './locate.js';

/** Compressed bytes sent to the thread at a time. */
export const INPUT_BYTES = 256 * 1024;
/** Of places in a slot, which is enough for values of eight bytes on the average. */
const PLACE_BYTES = 256 * 1024;
/** One is being filled, one is being read, and two are in transit. */
const SLOTS = 4;

/** What the thread is started with. Everything but short messages is in shared memory that is reused. */
export interface LineThreadSetup {
  readonly inputs: readonly SharedArrayBuffer[];
  readonly outputs: readonly SharedArrayBuffer[];
  readonly blockBytes: number;
  /** How the input is compressed, as the method of a ZIP. */
  readonly method: number;
  /** The maximum number of bytes that may come out of it. */
  readonly size: number;
  /** Maximum length of a line. */
  readonly maxLineBytes: number;
  /** Rows of each table, in the order of the archive. */
  readonly rows: readonly number[];
  /** For values that are to be found; of each table how its lines are scanned. */
  readonly find?: { readonly tables: readonly ScannedLines[]; readonly memory: PlaceMemory };
  /** An Int32: 1 while its decompressor is being created, when it must not be terminated (see `CompressionThread`). */
  readonly busy: SharedArrayBuffer;
}

/**
 * `input`: this many bytes of a slot are filled; `free`: an output slot may be filled again; `end`: the input has
 * ended.
 */
export type ToThread =
  | { readonly kind: 'input'; readonly slot: number; readonly length: number }
  | { readonly kind: 'free'; readonly slot: number }
  | { readonly kind: 'end' };

/** Whole lines of one table, in the memory of a block. */
export interface Piece {
  /** The index of the table; equal to the number of tables when the lines exceed what the tables hold. */
  readonly table: number;
  readonly length: number;
  readonly count: number;
  /** The SHA-256 of all lines of the table, in hexadecimal; given with its last lines. */
  readonly digest?: string;
  /** The range of its places in those of the slot, if all were found. */
  readonly places?: readonly [from: number, to: number];
}

/** Why the lines cannot be read further; the owner of the thread turns it into an error. `broken` is no fault of theirs. */
export type LineFault = 'utf8' | 'cut' | 'long' | { readonly undecodable: string } | { readonly broken: string };

/**
 * `taken`: an input slot may be filled again; `block`: consecutive pieces from a place in a slot on, or in memory of its
 * own if a line is longer than a slot; `end`: everything was read.
 */
export type FromThread =
  | { readonly kind: 'taken'; readonly slot: number }
  | {
      readonly kind: 'block';
      readonly slot: number;
      readonly start: number;
      readonly memory?: SharedArrayBuffer;
      readonly pieces: readonly Piece[];
    }
  | { readonly kind: 'end'; readonly size: number; readonly crc: number; readonly consumed: number }
  | { readonly kind: 'fault'; readonly fault: LineFault };

const slots = (bytes: number) => Array.from({ length: SLOTS }, () => new SharedArrayBuffer(bytes));

/** Memory for what is found in its lines. */
export const placeMemory = (): PlaceMemory => ({ places: slots(PLACE_BYTES), texts: slots(2 * LINE_BLOCK_BYTES) });

/** Memory of one thread. */
export function lineMemory(): Pick<LineThreadSetup, 'inputs' | 'outputs' | 'blockBytes' | 'busy'> {
  return {
    inputs: slots(INPUT_BYTES),
    outputs: slots(2 * LINE_BLOCK_BYTES),
    blockBytes: LINE_BLOCK_BYTES,
    busy: new SharedArrayBuffer(4),
  };
}

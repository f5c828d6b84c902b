import type { BackupDestination } from '../../destinations/backup-destination.js';
import type { ByteSource } from '../../support/byte-source.js';

/** A stored piece of an upload. */
export interface Piece {
  /** Of its object. */
  readonly name: string;
  /** Where its first byte belongs. */
  readonly offset: number;
  readonly bytes: number;
}

/** What is used of a piece: the bytes from `from` up to and without `to`, of the whole upload. */
interface Part extends Piece {
  readonly from: number;
  readonly to: number;
}

/** The upload from its first byte up to the first one that is missing. Pieces may overlap: processes received the same bytes. */
export function partsOf(pieces: readonly Piece[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  let best: Piece | undefined;
  const take = () => {
    const to = best ? best.offset + best.bytes : 0;
    if (!best || to <= at) return false;
    parts.push({ ...best, from: at, to });
    at = to;
    return true;
  };
  for (const piece of pieces.toSorted((one, other) => one.offset - other.offset)) {
    if (piece.offset > at && (!take() || piece.offset > at)) return parts;
    if (!best || piece.offset + piece.bytes > best.offset + best.bytes) best = piece;
  }
  take();
  return parts;
}

/** How many bytes there are without a gap. */
export function receivedBytes(pieces: readonly Piece[]): number {
  return partsOf(pieces).at(-1)?.to ?? 0;
}

/** The pieces of a complete upload as one. One of them is open at a time, whatever their number. */
export class PiecesSource implements ByteSource {
  private readonly parts: readonly Part[];
  private opened: { readonly part: Part; readonly source: ByteSource } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly place: BackupDestination,
    pieces: readonly Piece[],
    readonly size: number,
  ) {
    this.parts = partsOf(pieces);
  }

  /** One call after the other, because each may close what the one before has read from. */
  read(position: number, length: number): Promise<Buffer> {
    const reading = this.last.then(() => this.readParts(position, length));
    this.last = reading.catch(() => {});
    return reading;
  }

  async close(): Promise<void> {
    await this.last;
    await this.opened?.source.close();
    this.opened = undefined;
  }

  private async readParts(position: number, length: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (let at = position, end = position + length; at < end; ) {
      const part = this.partAt(at);
      const source = await this.open(part);
      const until = Math.min(end, part.to);
      chunks.push(await source.read(at - part.offset, until - at));
      at = until;
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
  }

  private partAt(position: number): Part {
    let [low, high] = [0, this.parts.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.parts[middle]!.to > position) high = middle;
      else low = middle + 1;
    }
    return this.parts[low]!;
  }

  private async open(part: Part): Promise<ByteSource> {
    if (this.opened?.part === part) return this.opened.source;
    await this.opened?.source.close();
    this.opened = undefined;
    const source = await this.place.open(part.name);
    this.opened = { part, source };
    return source;
  }
}

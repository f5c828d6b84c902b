const owners = new WeakMap<Buffer, () => void>();

/**
 * Lends bytes to whoever gets them next: their memory is used again once `giveBack` is called with the same object, and
 * never if it is not. Memory that comes and goes makes V8 collect garbage all the time, from Node 24 on.
 */
export function lend(bytes: Buffer, onReturn: () => void): Buffer {
  owners.set(bytes, onReturn);
  return bytes;
}

/** Only for the last one to read the bytes, when it does not need them any more. */
export function giveBack(bytes: Buffer): void {
  const onReturn = owners.get(bytes);
  owners.delete(bytes);
  onReturn?.();
}

/** Memory in pieces of one size, to be lent. */
export class LendingPool {
  private readonly spare: Buffer[] = [];
  private lent = 0;

  /** @param mostSpare how many pieces are kept that nobody uses */
  constructor(
    private readonly pieceBytes: number,
    private readonly mostSpare: number,
  ) {}

  take(): Buffer {
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(this.pieceBytes);
  }

  /** @param piece from `take`, of which `bytes` have been filled */
  lend(piece: Buffer, bytes: number): Buffer {
    this.lent++;
    return lend(piece.subarray(0, bytes), () => {
      this.lent--;
      if (this.spare.length < this.mostSpare) this.spare.push(piece);
    });
  }
  /**
   * Lends a copy. While many have not come back, perhaps because their readers give nothing back, copies are memory of
   * just their size, and nobody's afterwards.
   */
  copy(bytes: Uint8Array): Buffer {
    if (this.spare.length === 0 && this.lent >= this.mostSpare) return Buffer.from(bytes);
    const piece = this.take();
    piece.set(bytes);
    return this.lend(piece, bytes.length);
  }
}

/** Bytes waiting to be taken in pieces of another size; each byte is copied once. */
export class ChunkQueue {
  private readonly chunks: Buffer[] = [];
  /** How much of the first chunk has been taken. */
  private taken = 0;
  private size = 0;
  private memory = Buffer.alloc(0);

  /** @param onUsed is called with each chunk that has been taken completely */
  constructor(private readonly onUsed: (chunk: Buffer) => void = () => {}) {}

  get length(): number {
    return this.size;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next `count` bytes, which must be available. They are overwritten by the next call. */
  take(count: number): Buffer {
    if (this.memory.length < count) this.memory = Buffer.allocUnsafeSlow(count);
    let filled = 0;
    let used = 0;
    while (filled < count) {
      const chunk = this.chunks[used]!;
      const copied = chunk.copy(this.memory, filled, this.taken, this.taken + count - filled);
      filled += copied;
      this.taken += copied;
      if (this.taken < chunk.length) break;
      this.onUsed(chunk);
      this.taken = 0;
      used++;
    }
    this.chunks.splice(0, used);
    this.size -= count;
    return this.memory.subarray(0, count);
  }
}

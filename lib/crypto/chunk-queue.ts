/** Bytes waiting to be taken in pieces of another size; each byte is copied at most once. */
export class ChunkQueue {
  private chunks: Buffer[] = [];
  private size = 0;

  get length(): number {
    return this.size;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The next `count` bytes, which must be available, as the pieces in which they arrived. */
  take(count: number): Buffer[] {
    const taken: Buffer[] = [];
    let missing = count;
    let used = 0;
    while (missing > 0) {
      const chunk = this.chunks[used]!;
      if (chunk.length > missing) {
        taken.push(chunk.subarray(0, missing));
        this.chunks[used] = chunk.subarray(missing);
        missing = 0;
      } else {
        taken.push(chunk);
        missing -= chunk.length;
        used++;
      }
    }
    this.chunks.splice(0, used);
    this.size -= count;
    return taken;
  }
}

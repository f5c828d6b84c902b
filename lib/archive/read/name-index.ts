import { randomBytes } from 'node:crypto';

/**
 * Finds an entry by its name among millions, using 8 to 16 bytes per entry: a hash table of entry numbers. The names
 * themselves are concatenated in `names`. The hash is keyed, so that colliding names cannot be chosen on purpose.
 */
export class NameIndex {
  private readonly slots: Int32Array;
  private readonly seed = randomBytes(4).readInt32LE();
  private readonly factor = randomBytes(4).readInt32LE() | 1;

  constructor(
    capacity: number,
    private readonly names: Buffer,
    /** Where the name of each entry ends; it starts where the previous one ends. */
    private readonly ends: Uint32Array,
  ) {
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, capacity) * 2))).fill(-1);
  }

  /** @returns the existing entry with the same name, or -1 */
  add(entry: number): number {
    const start = this.startOf(entry);
    const slot = this.slotOf(this.names, start, this.ends[entry]!);
    const found = this.slots[slot]!;
    if (found < 0) this.slots[slot] = entry;
    return found;
  }

  /** The entry whose name is these bytes, or -1. */
  find(bytes: Buffer, start = 0, end = bytes.length): number {
    return this.slots[this.slotOf(bytes, start, end)]!;
  }

  startOf(entry: number): number {
    return entry === 0 ? 0 : this.ends[entry - 1]!;
  }

  private slotOf(bytes: Buffer, start: number, end: number): number {
    const mask = this.slots.length - 1;
    let slot = this.hash(bytes, start, end) & mask;
    for (let entry = this.slots[slot]!; entry >= 0; entry = this.slots[slot]!) {
      const from = this.startOf(entry);
      const to = this.ends[entry]!;
      if (to - from === end - start && bytes.compare(this.names, from, to, start, end) === 0) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private hash(bytes: Buffer, start: number, end: number): number {
    let hash = this.seed;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ bytes[at]!, this.factor);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash ^ (hash >>> 13), 0x85ebca6b) >>> 7;
  }
}

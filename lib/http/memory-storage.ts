import type { WrongKeyStorage } from '../options/wrong-keys.js';

/** The maximum number of counters; only system users create any, two in each window. */
const MOST_COUNTERS = 20_000;

/** Counts in the memory of this process. Beyond the maximum, the oldest counters are dropped. */
export class MemoryStorage implements WrongKeyStorage {
  private readonly counters = new Map<string, { hits: number; readonly expiresAt: number }>();

  constructor(private readonly most = MOST_COUNTERS) {}

  get size(): number {
    return this.counters.size;
  }

  /** @param ttl in milliseconds, from the first hit */
  async increment(key: string, ttl: number): Promise<{ totalHits: number }> {
    const now = Date.now();
    const found = this.counters.get(key);
    const counter = found && found.expiresAt > now ? found : { hits: 0, expiresAt: now + ttl };
    if (counter !== found) {
      // Moved to the end, so that the oldest come first.
      this.counters.delete(key);
      this.counters.set(key, counter);
      this.makeRoom(now);
    }
    return { totalHits: ++counter.hits };
  }

  private makeRoom(now: number): void {
    for (const [key, { expiresAt }] of this.counters) {
      if (expiresAt > now && this.counters.size <= this.most) return;
      this.counters.delete(key);
    }
  }
}

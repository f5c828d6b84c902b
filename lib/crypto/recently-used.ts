/** What was opened last, by its index: what is read through, and what a reader jumps between. */
export class RecentlyUsed<Value> {
  /** The most recently used one is last. */
  private readonly atHand = new Map<number, Promise<Value>>();

  /** @param most how many are kept */
  constructor(
    private readonly most: number,
    private readonly open: (index: number) => Promise<Value>,
  ) {}

  get(index: number): Promise<Value> {
    const value = this.atHand.get(index) ?? this.open(index);
    this.atHand.delete(index);
    this.atHand.set(index, value);
    for (const oldest of this.atHand.keys()) {
      if (this.atHand.size <= this.most) break;
      this.atHand.delete(oldest);
    }
    return value;
  }

  clear(): void {
    this.atHand.clear();
  }
}

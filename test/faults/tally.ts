/** Counts how rounds ended; the figures of a long run are printed. */
export class Tally {
  private readonly counts = new Map<string, number>();

  constructor(private readonly title: string) {}

  add(ending: string): void {
    this.counts.set(ending, (this.counts.get(ending) ?? 0) + 1);
  }

  print(): void {
    const figures = [...this.counts].map(([ending, count]) => `${count} ${ending}`).join(', ');
    if (process.env.TEST_LONG) console.info(`${this.title}: ${figures}`);
  }
}

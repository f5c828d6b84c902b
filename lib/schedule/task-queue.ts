/** Tasks, one after another; those that come while so many wait are turned away. */
export class TaskQueue {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly most: number) {}

  /** @param task does not reject. @returns false when it is turned away */
  add(task: () => Promise<void>): boolean {
    if (this.waiting >= this.most) return false;
    this.waiting++;
    this.last = this.last.then(task).finally(() => this.waiting--);
    return true;
  }

  /** Resolves when the last one is over. */
  async settled(): Promise<void> {
    await this.last;
  }
}

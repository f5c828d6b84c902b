/** Over how many milliseconds a rate is measured. */
const WINDOW_MS = 20_000;
const SAMPLE_MS = 250;

/** How fast something has been going lately. */
export class Pace {
  private readonly samples: Array<{ at: number; done: number }> = [];

  /** @returns the amount done per second */
  at(now: number, done: number): number {
    const { samples } = this;
    const last = samples.at(-1);
    if (!last || now - last.at >= SAMPLE_MS) samples.push({ at: now, done });
    while (samples.length > 1 && now - samples[1]!.at >= WINDOW_MS) samples.shift();
    const first = samples[0]!;
    return now > first.at ? ((done - first.done) * 1000) / (now - first.at) : 0;
  }
}

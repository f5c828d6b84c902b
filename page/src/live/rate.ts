/** How far a run was at a time. */
export interface Sample {
  /** In ms. */
  readonly at: number;
  /** In bytes. */
  readonly done: number;
}

/** What the rate is measured over, in ms: long enough to be steady, short enough to follow. */
const WINDOW = 20_000;

/** The samples of the window with a new one. A run that begins again, as a retried one does, begins to be measured again. */
export function sampled(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last && next.done < last.done) return [next];
  // The last one before the window stays: a run that stands still has a rate of nearly nothing, not an unknown one.
  const first = samples.findIndex((_, index) => (samples[index + 1]?.at ?? next.at) > next.at - WINDOW);
  const recent = samples.slice(Math.max(0, first));
  return [...recent, next];
}

/** In bytes a second; null when there is too little to tell. */
export function rateOf(samples: readonly Sample[], now: number): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 1_000) return null;
  return ((last.done - first.done) * 1000) / (Math.max(now, last.at) - first.at);
}

/** In seconds; null when that cannot be told. */
export function timeLeft(work: { done: number; total: number | null }, rate: number | null): number | null {
  if (work.total === null || !rate) return null;
  return Math.max(0, work.total - work.done) / rate;
}

/** From 0 to 1; null when the total is not known. An estimate may be exceeded, and a run is done only when it says so. */
export function shareOf({ done, total }: { done: number; total: number | null }): number | null {
  if (total === null || total <= 0) return null;
  return Math.min(0.99, done / total);
}

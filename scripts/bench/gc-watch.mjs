import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Entries arrive some turns of the event loop after what they are about. */
const ARRIVED_AFTER_MS = 20;

/** Counts the time that the garbage collector takes from this thread. */
export class GcWatch {
  milliseconds = 0;
  observer = new PerformanceObserver((list) => this.add(list.getEntries()));

  constructor() {
    this.observer.observe({ entryTypes: ['gc'] });
  }

  add(entries) {
    for (const { duration } of entries) this.milliseconds += duration;
  }

  /** @returns milliseconds since it was made */
  async stop() {
    await sleep(ARRIVED_AFTER_MS);
    this.add(this.observer.takeRecords());
    this.observer.disconnect();
    return this.milliseconds;
  }
}

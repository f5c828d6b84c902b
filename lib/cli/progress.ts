import { type Options, SingleBar } from 'cli-progress';
import { whenInterrupted } from '../when-interrupted.js';
import { visible } from '../visible-text.js';
import type { Terminal } from './terminal.js';

/** How far a command is. */
export interface ProgressState {
  /** What is being worked on: a table, a directory. */
  readonly name: string;
  readonly bytes: number;
}

const PLAIN_EVERY_MS = 10_000;
const MEGABYTE = 1_000_000;

/** A bar on a terminal when the total is known, plain lines elsewhere, nothing when quiet. */
export class Progress {
  private readonly started = performance.now();
  private said = performance.now();
  private bar: SingleBar | undefined;

  /** @param total bytes that are expected, if known */
  constructor(
    private readonly terminal: Terminal,
    private readonly verb: string,
    private readonly total: number | undefined,
  ) {
    if (terminal.quiet || !process.stderr.isTTY) return;
    const known = total === undefined ? '' : ' [{bar}] {percentage}% ETA {eta_formatted}';
    // The cursor comes back.
    whenInterrupted(() => this.stop());
    const options: Options = {
      stream: process.stderr,
      format: `{verb}${known} {megabytes} MB {rate} MB/s {name}`,
      hideCursor: true,
      gracefulExit: false,
    };
    this.bar = new SingleBar({ ...options, clearOnComplete: true, etaBuffer: 50 });
    this.bar.start(total ?? 0, 0, this.payload({ name: '', bytes: 0 }));
  }

  update(state: ProgressState): void {
    if (this.bar) this.bar.update(Math.min(state.bytes, this.total ?? 0), this.payload(state));
    else if (performance.now() - this.said > PLAIN_EVERY_MS) {
      this.said = performance.now();
      const { megabytes, rate, name } = this.payload(state);
      this.terminal.message(`${this.verb}: ${megabytes} MB, ${rate} MB/s, ${name}`);
    }
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private payload({ name, bytes }: ProgressState) {
    const seconds = (performance.now() - this.started) / 1000;
    const megabytes = (bytes / MEGABYTE).toFixed(1);
    return {
      verb: this.verb,
      name: visible(name),
      megabytes,
      rate: (bytes / MEGABYTE / Math.max(seconds, 0.001)).toFixed(1),
    };
  }
}

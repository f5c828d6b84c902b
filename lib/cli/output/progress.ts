import { type Options, SingleBar } from 'cli-progress';
import type { RunProgress, Work } from '../../audit/run-progress.js';
import { count, duration, pluralize, size } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';
import { whenInterrupted } from '../../support/when-interrupted.js';
import { Pace } from './pace.js';
import type { Terminal } from './terminal.js';

/** How far a command is. */
export interface ProgressState {
  /** What is being worked on: a table, a directory. */
  readonly name: string;
  readonly work: Work;
  /** Rows or files so far, as text. */
  readonly detail?: string;
}

export interface ProgressOptions {
  /** The unit of `work`; bytes by default. */
  readonly unit?: string;
  /** How often a line is printed without a terminal, in milliseconds. */
  readonly every?: number;
}

const PLAIN_EVERY_MS = 10_000;
const BAR_CELLS = 20;
const NOTHING: ProgressState = { name: '', work: { done: 0, total: null } };

/** A bar on a terminal, a plain line every ten seconds elsewhere, nothing when quiet. Both show the same figures. */
export class Progress {
  private readonly pace = new Pace();
  private state = NOTHING;
  private percent = 0;
  private bar: SingleBar | undefined;
  private timer: NodeJS.Timeout | undefined;
  private forget: (() => void) | undefined;

  /** @param verb names the work, as the first word */
  constructor(
    private readonly terminal: Terminal,
    private readonly verb: string,
    private readonly options: ProgressOptions = {},
  ) {
    if (terminal.quiet) return;
    this.pace.at(performance.now(), 0);
    if (process.stderr.isTTY) {
      this.bar = this.drawBar();
    } else {
      this.timer = setInterval(() => this.sayLine(), options.every ?? PLAIN_EVERY_MS);
      this.timer.unref();
    }
  }

  update(state: ProgressState): void {
    this.state = state;
    this.bar?.update(0);
  }

  stop(): void {
    clearInterval(this.timer);
    this.forget?.();
    this.bar?.stop();
    this.bar = undefined;
  }

  private drawBar(): SingleBar {
    // An interrupted process must not leave the cursor hidden.
    this.forget = whenInterrupted(() => this.stop());
    const options: Options = {
      stream: process.stderr,
      hideCursor: true,
      gracefulExit: false,
      clearOnComplete: true,
      // Redraws what changes without an update, such as the remaining time.
      forceRedraw: true,
      format: () => this.barLine(),
    };
    const bar = new SingleBar(options);
    bar.start(1, 0);
    return bar;
  }

  private barLine(): string {
    const figures = this.figures();
    if (this.state.work.total === null) return [this.verb, ...figures].join(' | ');
    const full = Math.round((this.percent / 100) * BAR_CELLS);
    const cells = '='.repeat(full) + '-'.repeat(BAR_CELLS - full);
    return [`${this.verb} [${cells}] ${figures[0]!.padStart(3)}`, ...figures.slice(1)].join(' | ');
  }

  private sayLine(): void {
    this.terminal.message(`${this.verb}: ${this.figures().join(', ')}`);
  }

  /** Percentage first, if it is known. */
  private figures(): string[] {
    const { name, detail, work } = this.state;
    const { unit } = this.options;
    const amount = unit === undefined ? size : count;
    const rate = this.pace.at(performance.now(), work.done);
    const doing = [visible(name), detail].filter(Boolean).join(': ');
    const speed = unit === undefined ? [`${size(Math.max(0, rate))}/s`] : [];
    const what = doing === '' ? [] : [doing];
    if (work.total === null) {
      return [unit === undefined ? size(work.done) : pluralize(work.done, unit), ...speed, ...what];
    }
    const left = work.total - work.done;
    const time = rate > 0 && left > 0 ? [`${duration((left / rate) * 1000)} left`] : [];
    const all = unit === undefined ? size(work.total) : pluralize(work.total, unit);
    return [`${this.percentOf(work.done, work.total)}%`, `${amount(work.done)} of ${all}`, ...speed, ...time, ...what];
  }

  /** Never decreases when an estimate improves, and never reaches 100 early. */
  private percentOf(done: number, total: number): number {
    const part = total > 0 ? Math.floor((done / total) * 100) : 0;
    this.percent = Math.max(this.percent, Math.min(part, 99));
    return this.percent;
  }
}

const DOING: Readonly<Record<RunProgress['phase'], string>> = {
  plan: 'planning ',
  database: '',
  files: '',
  comparison: 'comparing ',
};

/** A run's progress as it is shown. */
export function stateOf({ phase, name, rows, files, total, work }: RunProgress): ProgressState {
  return { name: `${DOING[phase]}${name}`, work, detail: detailOf(phase, rows, files, total) };
}

function detailOf(phase: RunProgress['phase'], rows: number, files: number, total: RunProgress['total']) {
  if (phase !== 'database' && phase !== 'files') return undefined;
  const [done, all, noun] = phase === 'files' ? [files, total?.files, 'file'] : [rows, total?.rows, 'row'];
  return all === undefined ? pluralize(done, noun) : `${count(done)} of ${pluralize(all, noun)}`;
}

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { BackupEvent } from '../audit/audit-events.js';
import { ReplicaRecords } from '../replicas/replica-records.js';
import { BackupCore } from './backup-core.js';
import type { RunEvent, RunningRun } from './page-api.js';
import { endOf, stateOf } from './run-state.js';

/** How often the runs of this process are told to the others, in milliseconds. */
const TELL_MS = 500;
/** The process of a run that has not been heard of for longer is gone. In milliseconds. */
const GONE_MS = 10_000;
/** For how long others can see that a run has ended, in milliseconds. */
const END_SHOWN_MS = 10_000;

const RUN = 'run.';
const CANCEL = 'cancel.';

/** What a record of a run holds. */
interface SharedRun {
  readonly run: RunningRun;
  /** Once it has ended. */
  readonly end: RunEvent | null;
}

/** The runs of all processes of the application: each tells its own, and ends those that somebody has cancelled elsewhere. */
@Injectable()
export class SharedRuns implements OnModuleInit, OnModuleDestroy {
  /** Of this process, as last told. */
  private readonly told = new Map<string, RunningRun>();
  /** Of this process, for as long as others see them, too. */
  private readonly ended = new Map<string, SharedRun>();
  private timer: NodeJS.Timeout | undefined;
  private telling: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(
    private readonly core: BackupCore,
    private readonly records: ReplicaRecords,
  ) {}

  onModuleInit(): void {
    this.core.audit.listen((event) => this.take(event));
  }

  onModuleDestroy(): void {
    this.isClosing = true;
    clearTimeout(this.timer);
  }

  /** Those that run now, and those that have just ended. */
  async all(): Promise<SharedRun[]> {
    const running = this.core.audit.running.all().map((run) => ({ run: stateOf(run), end: null }));
    const own = [...running, ...this.ended.values()];
    const ids = new Set(own.map(({ run }) => run.id));
    const others = (await this.records.all())
      .filter(({ name, age }) => name.startsWith(RUN) && !ids.has(name.slice(RUN.length)) && age < GONE_MS)
      .map(({ value }) => value as SharedRun);
    return [...own, ...others];
  }

  /** Asks whichever process has the run to end it. @returns false when there is no such run */
  async cancel(id: string): Promise<boolean> {
    if (this.core.audit.running.cancel(id)) return true;
    const found = (await this.all()).find(({ run, end }) => run.id === id && end === null);
    if (!found?.run.cancellable) return false;
    await this.records.write(`${CANCEL}${id}`, {});
    return true;
  }

  private take(event: BackupEvent): void {
    if (!('id' in event)) return;
    if (event.event.endsWith('.started')) {
      const started = this.core.audit.running.all().find(({ id }) => id === event.id);
      if (started) this.told.set(event.id, stateOf(started));
      return this.schedule(0);
    }
    const run = this.told.get(event.id);
    const end = run && endOf(event, run.kind);
    if (!end) return;
    this.told.delete(run.id);
    const shared = { run, end };
    this.ended.set(run.id, shared);
    this.afterwards(() => this.records.write(`${RUN}${run.id}`, shared));
    setTimeout(() => this.forget(run.id), END_SHOWN_MS).unref();
  }

  private schedule(milliseconds: number): void {
    clearTimeout(this.timer);
    if (!this.isClosing) this.timer = setTimeout(() => this.afterwards(() => this.tell()), milliseconds).unref();
  }

  private afterwards(work: () => Promise<void>): void {
    this.telling = this.telling.then(work).catch(() => {});
  }

  private async tell(): Promise<void> {
    const { running } = this.core.audit;
    for (const run of running.all()) {
      const state = stateOf(run);
      this.told.set(run.id, state);
      await this.records.write(`${RUN}${run.id}`, { run: state, end: null } satisfies SharedRun);
    }
    for (const { name } of this.told.size > 0 ? await this.records.all() : []) {
      if (name.startsWith(CANCEL) && running.cancel(name.slice(CANCEL.length))) await this.records.remove(name);
    }
    if (running.all().length > 0) this.schedule(TELL_MS);
  }

  private forget(id: string): void {
    this.ended.delete(id);
    this.afterwards(() => this.records.remove(`${RUN}${id}`));
  }
}

import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import { locked } from '../errors/lock-errors.js';
import { REFUSES_WHEN_USED } from '../options/options.provider.js';
import { RESTORE_OVER_HTTP, type RestoreOverHttp } from '../options/restore-over-http.js';
import { type ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';

/** Why the application serves nobody. */
export interface MaintenanceState {
  readonly since: string;
  /** The restore that caused it. */
  readonly restore: string;
}

const NAME = 'maintenance';
/** How often other processes are asked, and how often this one says that it is still there, in milliseconds. */
const LOOK_MS = 1_000;
const BEAT_MS = 2_000;
/** A process that says nothing for so long is gone. */
const GONE_MS = 15_000;

/** How long it takes until all replicas know, in milliseconds. */
export const ALL_KNOW_MS = 2 * LOOK_MS;

/** Whether the application is in maintenance, in this process or in another one. */
@Injectable()
export class Maintenance implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Maintenance.name);
  private readonly watchers: Array<(records: readonly ReplicaRecord[]) => Promise<void>> = [];
  private readonly waiting: Array<() => void> = [];
  private own: MaintenanceState | null = null;
  private others: MaintenanceState | null = null;
  private beat: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;
  /** Grows with every change by this process, so that what was read before does not count. */
  private changes = 0;
  private isClosing = false;

  constructor(
    @Inject(RESTORE_OVER_HTTP) private readonly restores: RestoreOverHttp,
    /** As in a command, which is no replica. */
    @Inject(REFUSES_WHEN_USED) private readonly isCommand: boolean,
    private readonly records: ReplicaRecords,
  ) {}

  /** Null when the application serves everybody. */
  get state(): MaintenanceState | null {
    return this.own ?? this.others;
  }

  /** For what begins by itself: it tries again later. @throws BackupError `LOCKED` during maintenance */
  refuse(): void {
    if (this.state) throw locked();
  }

  /** Resolves when it is over, or the application is closing. */
  async whenOver(): Promise<void> {
    if (!this.state || this.isClosing) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** @param watcher gets the records of all processes, each time that they are looked at; must not reject */
  watch(watcher: (records: readonly ReplicaRecord[]) => Promise<void>): void {
    this.watchers.push(watcher);
  }

  /** From now on in this process, and within `ALL_KNOW_MS` in the others. Only for the holder of the backup lock. */
  async begin(restore: string): Promise<void> {
    const state = { since: new Date().toISOString(), restore };
    this.own = state;
    this.changes++;
    await this.records.write(NAME, state);
    this.beat = setInterval(() => void this.records.write(NAME, state), BEAT_MS).unref();
    this.logger.warn(`Restore ${restore}: the application is in maintenance.`);
  }

  /** Also what another process has begun that is gone. Only for the holder of the backup lock. */
  async end(): Promise<void> {
    clearInterval(this.beat);
    const wasOn = this.state !== null;
    await this.records.remove(NAME);
    this.changes++;
    this.own = null;
    this.others = null;
    if (wasOn) this.logger.log('The maintenance is over.');
    this.letGo();
  }

  onApplicationBootstrap(): void {
    if (this.restores.isOn && !this.isCommand) void this.lookAgain();
  }

  onModuleDestroy(): void {
    this.isClosing = true;
    clearTimeout(this.look);
    this.letGo();
  }

  private letGo(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async lookAgain(): Promise<void> {
    try {
      const { changes } = this;
      const records = await this.records.all();
      if (changes === this.changes) this.others = this.own ? null : stateIn(records);
      if (!this.state) this.letGo();
      for (const watcher of this.watchers) await watcher(records);
    } catch (error) {
      this.logger.warn(`What other processes do could not be read: ${explain(error)}`);
    }
    if (!this.isClosing) this.look = setTimeout(() => void this.lookAgain(), LOOK_MS).unref();
  }
}

/** What a living process says about it. */
export function stateIn(records: readonly ReplicaRecord[]): MaintenanceState | null {
  const found = records.find(({ name, age }) => name === NAME && age < GONE_MS);
  const { since, restore } = (found?.value ?? {}) as Partial<Record<keyof MaintenanceState, unknown>>;
  return typeof since === 'string' && typeof restore === 'string' ? { since, restore } : null;
}

import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { explain } from '../errors/explain.js';
import { HostNest } from '../host/host-nest.js';
import { REFUSES_WHEN_USED } from '../options/options.provider.js';
import { type ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';
import { Maintenance } from './maintenance.js';
import type { MaintenanceState } from './maintenance-state.js';

const NAME = 'maintenance';
/** How often other processes are asked, and how often this one says that it is still there, in milliseconds. */
const LOOK_MS = 1_000;
const BEAT_MS = 2_000;
/** A process that says nothing for so long is gone. */
const GONE_MS = 15_000;

/** How long it takes until all replicas know, in milliseconds. */
export const ALL_KNOW_MS = 2 * LOOK_MS;

/** Begins and ends the maintenance of all processes of the application, and follows that of the others. */
@Injectable()
export class SharedMaintenance implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Maintenance');
  private readonly watchers: Array<(records: readonly ReplicaRecord[]) => Promise<void>> = [];
  private here!: Maintenance;
  /** Begun by this process. */
  private isOwn = false;
  private beat: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;
  /** Grows with every change by this process, so that what was read before does not count. */
  private changes = 0;
  private isClosing = false;

  constructor(
    private readonly host: HostNest,
    private readonly records: ReplicaRecords,
  ) {}

  onModuleInit(): void {
    this.here = this.host.moduleRef.get(Maintenance, { strict: false });
  }

  /** Null when the application serves everybody. */
  get state(): MaintenanceState | null {
    return this.here.state;
  }

  /** @param watcher gets the records of all processes, each time that they are looked at; must not reject */
  watch(watcher: (records: readonly ReplicaRecord[]) => Promise<void>): void {
    this.watchers.push(watcher);
  }

  /** From now on in this process, and within `ALL_KNOW_MS` in the others. Only for the holder of the backup lock. */
  async begin(restore: string): Promise<void> {
    const state = { since: new Date().toISOString(), restore };
    this.isOwn = true;
    this.here.set(state);
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
    this.isOwn = false;
    this.here.set(null);
    if (wasOn) this.logger.log('The maintenance is over.');
  }

  /** A command is no replica. */
  onApplicationBootstrap(): void {
    if (!this.host.moduleRef.get<boolean>(REFUSES_WHEN_USED, { strict: false })) void this.lookAgain();
  }

  onModuleDestroy(): void {
    this.isClosing = true;
    clearTimeout(this.look);
  }

  private async lookAgain(): Promise<void> {
    try {
      const { changes } = this;
      const records = await this.records.all();
      if (changes === this.changes && !this.isOwn) this.here.set(stateIn(records));
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

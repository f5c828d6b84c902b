import { Injectable, Logger } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { stackOf, visible, visibleUpTo } from '../support/visible-text.js';
import type { BackupEvent, BackupEventName, BackupEvents, Initiator } from './audit-events.js';
import { RunningRuns } from './running-runs.js';

interface Emitter {
  emit(event: string, payload: unknown): unknown;
}

/** In characters. The client controls both: the address can be a header of any length, the user what somebody typed. */
const LONGEST = { user: 200, address: 64 };

/** What an event contains besides its name, its time and its initiator. */
export type EventDetails<Name extends BackupEventName> = Omit<BackupEvents[Name], 'event' | 'at' | keyof Initiator>;

/** Records every attempt: a line of JSON in the log, and an event if the application has @nestjs/event-emitter. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger('BackupAudit');
  private readonly listeners: Array<(event: BackupEvent) => void> = [];
  private emitter: Emitter | undefined;
  readonly running = new RunningRuns();

  constructor(private readonly host: HostNest) {}

  /** For parts of the library, which get every event even without @nestjs/event-emitter. */
  listen(listener: (event: BackupEvent) => void): void {
    this.listeners.push(listener);
  }

  record<Name extends BackupEventName>(event: Name, { via, user, address }: Initiator, details: EventDetails<Name>) {
    const initiator = { via, user: bounded(LONGEST.user, user), address: bounded(LONGEST.address, address) };
    const payload = { event, at: new Date(), ...initiator, ...details } as unknown as BackupEvent;
    const line = visible(JSON.stringify(payload));
    if (needsAttention(payload)) this.logger.warn(line);
    else this.logger.log(line);
    for (const listener of this.listeners) listener(payload);
    try {
      this.emitter ??= this.findEmitter();
      this.emitter?.emit(event, payload);
    } catch (error) {
      this.logger.error(`A listener for "${event}" threw.`, stackOf(error));
    }
  }

  /** Found by its module's name, not by an import: the copy that counts is the application's. */
  private findEmitter(): Emitter | undefined {
    for (const { name, providers } of this.host.modules.values()) {
      if (name !== 'EventEmitterModule') continue;
      for (const { instance } of providers.values()) if (isEmitter(instance)) return instance;
    }
    return undefined;
  }
}

function bounded(most: number, text: string | null): string | null {
  return typeof text === 'string' ? visibleUpTo(most, text) : null;
}

function isEmitter(provided: unknown): provided is Emitter {
  const { emit, emitAsync } = (provided ?? {}) as Record<string, unknown>;
  return typeof emit === 'function' && typeof emitAsync === 'function';
}

/** Failures are logged as errors separately. */
function needsAttention(event: BackupEvent): boolean {
  if (/\.(refused|missing)$/.test(event.event) || ('result' in event && event.result === 'incomplete')) return true;
  return 'destinations' in event && (event.destinations ?? []).some(({ result }) => result !== 'success');
}

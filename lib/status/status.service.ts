import { Injectable, Logger, Optional } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { BackupEvent } from '../audit/audit-events.js';
import { explain } from '../errors/explain.js';
import { HistoryService } from '../history/history.service.js';
import { BackupStore } from '../store/backup-store.js';
import { isTrusted } from '../store/open-stored.js';
import { doubtedRestoreTest } from '../store/restore-tests.js';
import { withDeadline } from '../support/deadline.js';
import { laterOf } from '../support/later-of.js';
import { type GoodRun, newerOf, ofEvent, ofLog, ofStored } from './newest.js';

/** For how long a destination is not listed again, in milliseconds, unless this process stored or tested a backup. */
const LOOKED_AT_FOR = 300_000;

/** The state of a destination. */
export interface Place {
  readonly destination: string;
  readonly isReadable: boolean;
  /** The newest good backup. */
  readonly good: GoodRun | undefined;
  /** Size of its archive, as stored. */
  readonly bytes: number;
  /** As in `StoredBackup`, of the newest good backup. */
  readonly isKeyConfigured: boolean | null;
  /** When any of its backups last passed a restore test. */
  readonly testedAt: Date | null;
  /** When the last restore test of its good backups was recorded that nothing trusted vouches for. */
  readonly doubtedTestAt: Date | null;
}

/** The state of a destination, as last listed. */
interface Look {
  /** When the listing started, in milliseconds. */
  readonly at: number;
  readonly now: Promise<Place>;
  isPending: boolean;
  /** The last state that could be listed. */
  last: Place | undefined;
}

/** The newest good backup and the newest restore test, from this process, the history and the destinations. */
@Injectable()
export class StatusService {
  private readonly logger = new Logger(StatusService.name);
  private readonly seen: { backup?: GoodRun; restoreTest?: GoodRun } = {};
  private readonly looks = new Map<string, Look>();
  /** Listings that started before this time, in milliseconds, are outdated. */
  private outdated = 0;
  /** How long a caller waits at most, in milliseconds. */
  protected readonly answerWithin: number = 3_000;

  constructor(
    audit: AuditService,
    private readonly store: BackupStore,
    @Optional() private readonly history?: HistoryService,
  ) {
    audit.listen((event) => this.take(event));
  }

  /** The newest backup that is complete and not redacted; undefined when none is known. */
  async lastBackup(): Promise<GoodRun | undefined> {
    const [places, logged] = await Promise.all([this.places(), this.logged('backup')]);
    return [...places.map(({ good }) => good), logged, this.seen.backup].reduce(newerOf, undefined);
  }

  /** The newest restore test that passed. */
  async lastRestoreTest(): Promise<Date | undefined> {
    const [places, logged] = await Promise.all([this.places(), this.logged('verify')]);
    const runs = [logged, this.seen.restoreTest].map((run) => run?.finished);
    const known = [...places.map(({ testedAt }) => testedAt), ...runs].filter((at) => at instanceof Date);
    return known.toSorted((one, other) => one.getTime() - other.getTime()).at(-1);
  }

  /**
   * A destination that cannot be listed, or not in time, is no error: it is returned as unreadable, with its last known
   * state.
   */
  async places(): Promise<Place[]> {
    return Promise.all(this.store.destinations.map((name) => this.place(name)));
  }

  /** For what another process has stored or tested. */
  lookAgain(): void {
    this.outdated = Date.now();
  }

  private async place(destination: string): Promise<Place> {
    const look = this.look(destination);
    const last = look.last ?? unreadable(destination);
    const late = () => new Error();
    const place = await withDeadline(this.answerWithin, look.now, late).catch(() => undefined);
    return place?.isReadable ? place : { ...last, isReadable: false };
  }

  /** Each destination is listed at most once at a time, however long that takes. */
  private look(destination: string): Look {
    const before = this.looks.get(destination);
    const isFresh = before && before.at > this.outdated && Date.now() - before.at <= LOOKED_AT_FOR;
    if (before && (before.isPending || isFresh)) return before;
    const look: Look = {
      at: Date.now(),
      isPending: true,
      now: this.lookAt(destination, before?.last),
      last: before?.last,
    };
    this.looks.set(destination, look);
    void look.now.then((place) => {
      look.isPending = false;
      if (place.isReadable) look.last = place;
    });
    return look;
  }

  private take(event: BackupEvent): void {
    if (event.event === 'backup.finished') {
      if (event.destinations) this.outdated = Date.now();
      if (event.result === 'success' && !event.redacted) this.seen.backup = ofEvent(event);
    }
    if (event.event === 'verify.finished' && event.restoreTest) {
      this.outdated = Date.now();
      if (event.result === 'success') this.seen.restoreTest = ofEvent(event);
    }
  }

  /** @param last the last known state, used where part of it could not be read this time */
  private async lookAt(destination: string, last?: Place): Promise<Place> {
    try {
      const backups = await this.store.list(destination);
      const newest = await this.store.newestGood(destination, backups);
      const testedAt = backups.map((backup) => backup.testedAt).reduce(laterOf, null);
      const good = newest && ofStored(newest);
      const doubtedTestAt = backups.filter(isTrusted).map(doubtedRestoreTest).reduce(laterOf, null);
      const { bytes = 0, isKeyConfigured = null } = newest ?? {};
      const place = { destination, isReadable: true, good, bytes, isKeyConfigured, testedAt, doubtedTestAt };
      if (!last || !backups.some(({ isUnread }) => isUnread)) return place;
      const newer = newerOf(last.good, good);
      return {
        ...place,
        ...(newer !== good && { good: newer, bytes: last.bytes, isKeyConfigured: last.isKeyConfigured }),
        testedAt: laterOf(last.testedAt, testedAt),
      };
    } catch (error) {
      this.logger.warn(`Could not list the destination "${destination}": ${explain(error)}`);
      return unreadable(destination);
    }
  }

  private async logged(kind: 'backup' | 'verify'): Promise<GoodRun | undefined> {
    if (!this.history) return undefined;
    const late = () => new Error(`it did not answer for ${this.answerWithin / 1000} seconds`);
    const asked = withDeadline(this.answerWithin, this.history.lastSuccess(kind), late);
    const log = await asked.catch((error: unknown) => {
      this.logger.warn(`Could not read the last ${kind} from the history: ${explain(error)}`);
      return null;
    });
    return log ? ofLog(log) : undefined;
  }
}

/** When a restore test was recorded that does not count, if none that does is as new; null without one. */
export function uncountedTest({ testedAt, doubtedTestAt }: Place): Date | null {
  return doubtedTestAt !== null && (testedAt === null || doubtedTestAt > testedAt) ? doubtedTestAt : null;
}

/** Of which nothing is known. */
function unreadable(destination: string): Place {
  const unknown = { good: undefined, bytes: 0, isKeyConfigured: null, testedAt: null, doubtedTestAt: null };
  return { destination, isReadable: false, ...unknown };
}

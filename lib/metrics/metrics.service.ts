import { Injectable, Logger, Optional } from '@nestjs/common';
import type { BackupEvent } from '../audit/audit-events.js';
import { AuditService } from '../audit/audit.service.js';
import { explain } from '../backup.errors.js';
import { HistoryService } from '../history/history.service.js';
import { BackupStore } from '../store/backup-store.js';
import { type GoodRun, newerOf, newestGood, ofEvent, ofLog, ofStored } from './newest.js';
import { type Metric, prometheusText } from './prometheus-text.js';

/** For how long what a destination holds is not looked at again, in milliseconds, unless this process stored a backup. */
const LOOKED_AT_FOR = 300_000;
const KINDS = ['backup', 'restore', 'verify'] as const;
const RESULTS = ['success', 'incomplete', 'failed', 'refused'] as const;

interface Place {
  readonly destination: string;
  readonly isReadable: boolean;
  readonly good: GoodRun | undefined;
  /** Of its archive, as it is stored. */
  readonly bytes: number;
}

/** Figures of backups for a monitoring system: what this process did, and what history and destinations know of others. */
@Injectable()
export class MetricsService {
  private readonly logger = new Logger('BackupModule');
  private readonly counts = new Map<string, number>(
    KINDS.flatMap((kind) => RESULTS.map((result) => [`${kind} ${result}`, 0] as const)),
  );
  private readonly seen: { backup?: GoodRun; verify?: GoodRun } = {};
  private places: Promise<Place[]> | undefined;
  private lookedAt = 0;

  constructor(
    audit: AuditService,
    private readonly store: BackupStore,
    @Optional() private readonly history?: HistoryService,
  ) {
    audit.listen((event) => this.take(event));
  }

  /** All figures in the text format of Prometheus. A destination that cannot be listed is one of them, and no error. */
  async text(): Promise<string> {
    const [places, logged, verified] = await Promise.all([this.look(), this.logged('backup'), this.logged('verify')]);
    const backup = [...places.map(({ good }) => good), logged, this.seen.backup].reduce(newerOf, undefined);
    const verify = newerOf(verified, this.seen.verify);
    return prometheusText([...lastBackup(backup), lastVerification(verify), ...ofPlaces(places), this.runs()]);
  }

  private take(event: BackupEvent): void {
    const [kind, end] = event.event.split('.') as [string, string];
    const result = end === 'finished' ? resultOf(event) : end === 'aborted' ? 'failed' : end;
    const name = `${kind} ${result}`;
    if ('dryRun' in event && event.dryRun) return;
    if (this.counts.has(name)) this.counts.set(name, this.counts.get(name)! + 1);
    if (event.event === 'backup.finished') {
      if (event.destinations) this.lookedAt = 0;
      if (event.result === 'success' && !event.redacted) this.seen.backup = ofEvent(event);
    }
    if (event.event === 'verify.finished' && event.result === 'success') this.seen.verify = ofEvent(event);
  }

  private async look(): Promise<Place[]> {
    if (!this.places || Date.now() - this.lookedAt > LOOKED_AT_FOR) {
      this.lookedAt = Date.now();
      this.places = Promise.all(this.store.destinations.map((name) => this.lookAt(name)));
    }
    return this.places;
  }

  private async lookAt(destination: string): Promise<Place> {
    try {
      const newest = newestGood(await this.store.list(destination));
      return { destination, isReadable: true, good: newest && ofStored(newest), bytes: newest?.bytes ?? 0 };
    } catch (error) {
      this.logger.warn(`The figures lack the destination "${destination}": ${explain(error)}`);
      return { destination, isReadable: false, good: undefined, bytes: 0 };
    }
  }

  private async logged(kind: 'backup' | 'verify'): Promise<GoodRun | undefined> {
    const log = await this.history?.lastSuccess(kind).catch((error: unknown) => {
      this.logger.warn(`The figures lack the history: ${explain(error)}`);
      return null;
    });
    return log ? ofLog(log) : undefined;
  }

  private runs(): Metric {
    const samples = [...this.counts].map(([name, value]) => {
      const [kind, result] = name.split(' ') as [string, string];
      return { labels: { kind, result }, value };
    });
    return { name: 'runs_total', type: 'counter', help: 'Runs of this process that ended, by result.', samples };
  }
}

function resultOf(event: BackupEvent): string {
  if ('destinations' in event && event.destinations?.some(({ result }) => result === 'failed')) return 'failed';
  return 'result' in event ? event.result : '';
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'gauge', help, samples };
}

function lastBackup(run: GoodRun | undefined): Metric[] {
  const one = (value: number | undefined) => (value === undefined ? [] : [{ value }]);
  const what = 'the newest good backup';
  return [
    gauge('last_success_timestamp_seconds', `When ${what} was finished, UTC.`, one(run && unix(run))),
    gauge('last_success_duration_seconds', `How long ${what} took.`, one(run?.seconds)),
    gauge('last_success_rows', `Rows of ${what}.`, one(run?.rows)),
    gauge('last_success_files', `Files of ${what}.`, one(run?.files)),
    gauge('last_success_bytes', `Bytes read for ${what}, uncompressed.`, one(run?.bytes)),
  ];
}

function lastVerification(run: GoodRun | undefined): Metric {
  const help = 'When an archive was last verified without a fault, UTC.';
  return gauge('last_verification_timestamp_seconds', help, run ? [{ value: unix(run) }] : []);
}

function ofPlaces(places: readonly Place[]): Metric[] {
  const each = (value: (place: Place) => number | undefined) =>
    places.flatMap((place) => {
      const found = value(place);
      return found === undefined ? [] : [{ labels: { destination: place.destination }, value: found }];
    });
  const what = 'the newest good backup of the destination';
  return [
    gauge(
      'destination_readable',
      'Whether the destination could be listed.',
      each((place) => Number(place.isReadable)),
    ),
    gauge(
      'destination_last_success_timestamp_seconds',
      `When ${what} was finished, UTC.`,
      each(({ good }) => good && unix(good)),
    ),
    gauge(
      'destination_last_success_duration_seconds',
      `How long ${what} took.`,
      each(({ good }) => good?.seconds),
    ),
    gauge(
      'destination_last_success_rows',
      `Rows of ${what}.`,
      each(({ good }) => good?.rows),
    ),
    gauge(
      'destination_last_success_bytes',
      `Size of the archive of ${what}.`,
      each(({ good, bytes }) => good && bytes),
    ),
  ];
}

function unix({ finished }: GoodRun): number {
  return finished.getTime() / 1000;
}

import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { BackupEvent } from '../audit/audit-events.js';
import type { GoodRun } from '../status/newest.js';
import { type Place, StatusService } from '../status/status.service.js';
import { type Metric, prometheusText } from './prometheus-text.js';

const KINDS = ['backup', 'restore', 'verify'] as const;
const RESULTS = ['success', 'incomplete', 'failed', 'refused'] as const;

/** Metrics for a monitoring system: what this process did, and what history and destinations know of other processes. */
@Injectable()
export class MetricsService {
  private readonly counts = new Map<string, number>(
    KINDS.flatMap((kind) => RESULTS.map((result) => [`${kind} ${result}`, 0] as const)),
  );

  /** @internal */
  constructor(
    audit: AuditService,
    private readonly status: StatusService,
  ) {
    audit.listen((event) => this.take(event));
  }

  /** All metrics in the text format of Prometheus. A destination that cannot be listed is itself a metric, not an error. */
  async text(): Promise<string> {
    const { status } = this;
    const [places, backup, restoreTest] = await Promise.all([
      status.places(),
      status.lastBackup(),
      status.lastRestoreTest(),
    ]);
    return prometheusText([...lastBackup(backup), lastRestoreTest(restoreTest), ...ofPlaces(places), this.runs()]);
  }

  private take(event: BackupEvent): void {
    const [kind, end] = event.event.split('.') as [string, string];
    const result = end === 'finished' ? resultOf(event) : end === 'aborted' ? 'failed' : end;
    const name = `${kind} ${result}`;
    if ('dryRun' in event && event.dryRun) return;
    if (this.counts.has(name)) this.counts.set(name, this.counts.get(name)! + 1);
  }

  private runs(): Metric {
    const samples = [...this.counts].map(([name, value]) => {
      const [kind, result] = name.split(' ') as [string, string];
      return { labels: { kind, result }, value };
    });
    return { name: 'runs_total', type: 'counter', help: 'Finished runs of this process, by result.', samples };
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
    gauge('last_success_timestamp_seconds', `When ${what} finished, as a Unix timestamp.`, one(run && unix(run))),
    gauge('last_success_duration_seconds', `How long ${what} took.`, one(run?.seconds)),
    gauge('last_success_rows', `Rows of ${what}.`, one(run?.rows)),
    gauge('last_success_files', `Files of ${what}.`, one(run?.files)),
    gauge('last_success_bytes', `Bytes read for ${what}, uncompressed.`, one(run?.bytes)),
  ];
}

function lastRestoreTest(at: Date | undefined): Metric {
  const help = 'When a backup last passed a restore test, as a Unix timestamp.';
  return gauge('last_restore_test_timestamp_seconds', help, at ? [{ value: at.getTime() / 1000 }] : []);
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
      `When ${what} finished, as a Unix timestamp.`,
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

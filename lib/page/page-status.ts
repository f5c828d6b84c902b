import { Injectable } from '@nestjs/common';
import { applicationName } from '../options/host-version.js';
import type { GoodRun } from '../status/newest.js';
import { type Place, uncountedTest } from '../status/status.service.js';
import { BackupCore } from './backup-core.js';
import type { DestinationState, GoodBackup, StatusAnswer } from './page-api.js';
import { SharedRuns } from './shared-runs.js';

/** How many of the next runs are shown. */
const MOST_UPCOMING = 10;

/** Everything that the page shows at first sight. */
@Injectable()
export class PageStatus {
  constructor(
    private readonly core: BackupCore,
    private readonly runs: SharedRuns,
  ) {}

  async now(): Promise<StatusAnswer> {
    const { status, upcoming, store, onlineRestore } = this.core;
    const [backup, tested, places, next, runs] = await Promise.all([
      status.lastBackup(),
      status.lastRestoreTest(),
      status.places(),
      upcoming.all(),
      this.runs.all(),
    ]);
    return {
      application: applicationName(),
      lastBackup: goodBackup(backup),
      lastRestoreTest: tested?.toISOString() ?? null,
      nextRuns: next.slice(0, MOST_UPCOMING).map((run) => ({ ...run, at: run.at.toISOString() })),
      running: runs.filter(({ end }) => end === null).map(({ run }) => run),
      destinations: places.map(destinationState),
      maintenance: onlineRestore?.maintenance ?? null,
      lastRestore: (await onlineRestore?.last()) ?? null,
      features: {
        restore: onlineRestore !== null,
        upload: store.destinations.length > 0 && this.core.options.uploads.maxUnfinished > 0,
        encrypts: store.encrypts,
        needsIdentity: !store.opensItsOwn,
      },
    };
  }
}

function goodBackup(run: GoodRun | undefined): GoodBackup | null {
  if (!run) return null;
  const { finished, seconds, rows, files } = run;
  return { finishedAt: finished.toISOString(), seconds, rows, files };
}

function destinationState(place: Place): DestinationState {
  const { destination, isReadable, good, bytes, isKeyConfigured, testedAt } = place;
  return {
    name: destination,
    readable: isReadable,
    lastBackup: goodBackup(good),
    bytes,
    keyConfigured: isKeyConfigured,
    lastRestoreTest: testedAt?.toISOString() ?? null,
    uncountedRestoreTest: uncountedTest(place)?.toISOString() ?? null,
  };
}

import type { RunningRun, StatusAnswer, StoredBackupItem } from '../../../lib/page/page-api.js';

export const NOW = Date.parse('2026-11-18T12:00:00Z');
export const DAY = 86_400_000;
export const daysAgo = (days: number) => new Date(NOW - days * DAY).toISOString();

export const backupOf = (finishedAt: string) => ({ finishedAt, seconds: 3, rows: 10, files: 2 });

/** The state of an application that is safe. */
export function statusOf(changes: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    application: 'shop',
    lastBackup: backupOf(daysAgo(0.5)),
    lastRestoreTest: daysAgo(3),
    nextRuns: [{ name: 'nightly', kind: 'backup', at: daysAgo(-0.5), destinations: ['disk'] }],
    running: [],
    destinations: [destinationOf('disk')],
    maintenance: null,
    lastRestore: null,
    features: { restore: true, upload: false, encrypts: true, needsIdentity: false },
    ...changes,
  };
}

export function destinationOf(
  name: string,
  changes: Partial<StatusAnswer['destinations'][number]> = {},
): StatusAnswer['destinations'][number] {
  const lastBackup = backupOf(daysAgo(0.5));
  return {
    name,
    readable: true,
    lastBackup,
    bytes: 1000,
    keyConfigured: null,
    lastRestoreTest: null,
    uncountedRestoreTest: null,
    ...changes,
  };
}

export function runOf(changes: Partial<RunningRun> = {}): RunningRun {
  return {
    id: 'run',
    kind: 'backup',
    phase: 'database',
    rows: 0,
    files: 0,
    bytes: 0,
    total: null,
    work: { done: 0, total: null },
    startedAt: daysAgo(0),
    user: null,
    via: 'http',
    cancellable: true,
    ...changes,
  };
}

export function itemOf(createdAt: string, changes: Partial<StoredBackupItem> = {}): StoredBackupItem {
  return {
    destination: 'disk',
    id: createdAt,
    createdAt,
    finishedAt: createdAt,
    encrypted: true,
    bytes: 1000,
    result: 'success',
    origin: 'own',
    problem: null,
    rows: 10,
    files: 2,
    testedAt: null,
    lockedUntil: null,
    appVersion: '1.0.0',
    tables: 3,
    redacted: false,
    schedule: null,
    keyIds: [],
    keyConfigured: null,
    ...changes,
  };
}

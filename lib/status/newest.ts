import type { BackupEvents } from '../audit/audit-events.js';
import type { BackupLog } from '../history/backup-log.entity.js';
import type { StoredBackup } from '../store/stored-backups.js';

/** A successful run, as far as its source knows it. */
export interface GoodRun {
  readonly finished: Date;
  readonly seconds: number;
  readonly rows: number;
  readonly files: number;
  /** Uncompressed; undefined if only the archive's size is known. */
  readonly bytes: number | undefined;
}

export function newerOf(one: GoodRun | undefined, other: GoodRun | undefined): GoodRun | undefined {
  if (!one || !other) return one ?? other;
  return other.finished > one.finished ? other : one;
}

export function ofEvent(event: BackupEvents['backup.finished'] | BackupEvents['verify.finished']): GoodRun {
  const { at, milliseconds, rows, files, bytes } = event;
  return { finished: at, seconds: milliseconds / 1000, rows, files, bytes };
}

export function ofLog({ started, finished, rows, files, bytes }: BackupLog): GoodRun {
  const end = finished ?? started;
  return { finished: end, seconds: (end.getTime() - started.getTime()) / 1000, rows, files, bytes };
}

export function ofStored({ manifest }: StoredBackup): GoodRun | undefined {
  if (!manifest) return undefined;
  const finished = new Date(manifest.finishedAt);
  const seconds = (finished.getTime() - new Date(manifest.createdAt).getTime()) / 1000;
  return { finished, seconds, rows: manifest.rows, files: manifest.files, bytes: undefined };
}

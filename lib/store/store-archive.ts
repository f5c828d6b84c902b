import { PassThrough, Readable } from 'node:stream';
import type { Backup } from '../backup/backup.service.js';
import { BackupError } from '../backup.errors.js';
import type { BackupManifest } from '../backup/manifest.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { distribute } from '../destinations/distribute.js';
import type { Seal } from './seal.js';
import { type ScheduledMoment, summarize, writeStoredManifest } from './stored-manifest.js';
import { archiveName, manifestName } from './stored-names.js';

/** A destination by its name. */
export interface Target {
  readonly name: string;
  readonly destination: BackupDestination;
}

/** How it went at one destination. */
export interface StoreResult {
  readonly destination: string;
  /** `incomplete`: it is stored, and lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Name of the archive's object. */
  readonly archive: string;
  /** Of the archive, as it is stored; 0 when it failed. */
  readonly bytes: number;
  /** Of a failure. */
  readonly error?: BackupError;
}

/** What came of a backup that was to be stored. */
export interface StoreReport {
  readonly id: string;
  /** `incomplete`: it lacks a file that should be in it. `failed`: a destination did not take it; others did. */
  readonly result: 'success' | 'incomplete' | 'failed';
  readonly manifest: BackupManifest;
  /** One for each destination, in the order in which they were named. */
  readonly destinations: readonly StoreResult[];
}

export interface StoreArchiveOptions {
  readonly encrypted: boolean;
  /** Stands in the summary. */
  readonly scheduled?: ScheduledMoment;
  /** Null without a key. */
  readonly seal: Seal | null;
  /** For how long a destination may take nothing, in milliseconds. */
  readonly idleTimeout: number;
  readonly signal: AbortSignal;
}

type Attempt = { readonly bytes: number } | { readonly error: BackupError };

/**
 * Stores a backup in several places, from one read of the data: the archive first, then, where that is whole, the
 * manifest that makes it count. A place that fails does not concern the others.
 * @throws BackupError what broke the backup itself; `DESTINATION_FAILED` when every place failed
 */
export async function storeArchive(
  backup: Backup,
  targets: readonly Target[],
  { encrypted, scheduled, seal, idleTimeout, signal }: StoreArchiveOptions,
): Promise<{ manifest: BackupManifest; results: StoreResult[] }> {
  const archive = archiveName(backup.filename, backup.id);
  const readers = targets.map(() => new PassThrough());
  const archives = targets.map((target, index) => putArchive(target, archive, readers[index]!, signal));
  // Nobody is left to write anything when this is over, whatever the outcome.
  const [read] = await Promise.allSettled([distribute(backup.stream, readers, idleTimeout), ...archives]);
  if (read.status === 'rejected') throw read.reason as Error;
  const stored = await Promise.all(
    archives.map(async (attempt, index) => counted(await attempt, targets[index]!, archive, read.value)),
  );
  refuseIfNone(stored);

  const manifest = await backup.manifest;
  const attempts = await Promise.all(
    targets.map(async (target, index): Promise<Attempt> => {
      const attempt = stored[index]!;
      if ('error' in attempt) return attempt;
      const summary = summarize(manifest, encrypted, attempt.bytes, scheduled);
      const beside = writeStoredManifest(summary, manifestName(archive), seal);
      return putManifest(target, archive, beside, attempt, signal);
    }),
  );
  refuseIfNone(attempts);
  const result = manifest.complete ? ('success' as const) : ('incomplete' as const);
  const results = attempts.map((attempt, index): StoreResult => {
    const common = { destination: targets[index]!.name, archive };
    return 'error' in attempt
      ? { ...common, result: 'failed', bytes: 0, error: attempt.error }
      : { ...common, result, bytes: attempt.bytes };
  });
  return { manifest, results };
}

async function putArchive(
  { name, destination }: Target,
  archive: string,
  reader: PassThrough,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    const { bytes } = await destination.put(archive, reader, { signal });
    if (reader.readableEnded) return { bytes };
    await discard(destination, archive);
    throw BackupError.destinationFailed('it did not take all of it');
  } catch (cause) {
    reader.destroy();
    return { error: BackupError.destinationFailed(`"${name}" did not take the archive`, cause) };
  }
}

/** Holds what a destination says against what it was given. */
async function counted(
  attempt: Attempt,
  { name, destination }: Target,
  archive: string,
  bytes: number,
): Promise<Attempt> {
  if ('error' in attempt || attempt.bytes === bytes) return attempt;
  await discard(destination, archive);
  return { error: BackupError.destinationFailed(`"${name}" has ${attempt.bytes} of ${bytes} bytes`) };
}

async function putManifest(
  { name, destination }: Target,
  archive: string,
  manifest: Buffer,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    await destination.put(manifestName(archive), Readable.from([manifest]), { signal });
    return attempt;
  } catch (cause) {
    await discard(destination, archive);
    return { error: BackupError.destinationFailed(`"${name}" did not take the manifest`, cause) };
  }
}

/** An archive without a manifest does not count, and would only take room. */
async function discard(destination: BackupDestination, archive: string): Promise<void> {
  await destination.delete(archive).catch(() => {});
}

function refuseIfNone(attempts: readonly Attempt[]): void {
  const errors = attempts.flatMap((attempt) => ('error' in attempt ? [attempt.error] : []));
  if (errors.length < attempts.length) return;
  throw errors.length === 1 ? errors[0]! : BackupError.destinationFailed('no destination took the backup', errors[0]);
}

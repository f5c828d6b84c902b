import { PassThrough, Readable } from 'node:stream';
import type { Backup } from '../backup/backup.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { distribute } from '../destinations/distribute.js';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import type { BackupManifest } from '../manifest/manifest.js';
import { untilAborted } from '../support/deadline.js';
import type { Marks } from './marks.js';
import { type ScheduledRun, summarize, writeStoredManifest } from './stored-manifest.js';
import { archiveName, manifestName } from './stored-names.js';

/** A destination with its name. */
export interface NamedDestination {
  readonly name: string;
  readonly destination: BackupDestination;
}

/** The outcome at one destination. */
export interface StoreResult {
  readonly destination: string;
  /** `incomplete`: it is stored, but lacks a file that should be in it. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Name of the archive's object. */
  readonly archive: string;
  /** Size of the archive as stored; 0 when it failed. */
  readonly bytes: number;
  /** Present when it failed. */
  readonly error?: BackupError;
}

/** The outcome of storing a backup. */
export interface StoreReport {
  readonly id: string;
  /** `incomplete`: it lacks a file that should be in it. `failed`: a destination did not store it, but others did. */
  readonly result: 'success' | 'incomplete' | 'failed';
  readonly manifest: BackupManifest;
  /** One for each destination, in the order in which they were named. */
  readonly destinations: readonly StoreResult[];
}

export interface StoreArchiveOptions {
  readonly encrypted: boolean;
  /** Included in the summary. */
  readonly scheduled?: ScheduledRun;
  /** Of its summary. */
  readonly marks: Marks;
  /** How long a destination may stop reading before it is given up, in milliseconds. */
  readonly idleTimeout: number;
  readonly signal: AbortSignal;
}

export type Attempt = { readonly bytes: number } | { readonly error: BackupError };

/**
 * Stores a backup in several places, reading the data once: the archive first, then, once that is complete, the
 * manifest that makes it count. A place that fails does not affect the others.
 * @throws BackupError the failure of the backup itself; `DESTINATION_FAILED` when every place failed
 */
export async function storeArchive(
  backup: Backup,
  targets: readonly NamedDestination[],
  { encrypted, scheduled, marks, idleTimeout, signal }: StoreArchiveOptions,
): Promise<{ manifest: BackupManifest; results: StoreResult[] }> {
  const archive = archiveName(backup.filename, backup.id);
  const readers = targets.map(() => new PassThrough());
  const reading = distribute(backup.stream, readers, idleTimeout);
  const summary = async (bytes: number) =>
    writeStoredManifest(
      summarize(await backup.manifest, { encrypted, bytes, scheduled, keyIds: backup.keyIds }),
      manifestName(archive),
      marks,
    );
  // None of them waits for another, except that all are fed at the pace of the slowest.
  const storing = targets.map((target, index) =>
    storeAt({ target, archive, reader: readers[index]!, reading, summary, signal }),
  );
  // Once this is over nothing is being written any more, whatever the outcome.
  const [read] = await Promise.allSettled([reading, ...storing]);
  if (read.status === 'rejected') throw read.reason as Error;
  const attempts = await Promise.all(storing);
  refuseIfNone(attempts);
  const manifest = await backup.manifest;
  const result = manifest.complete ? ('success' as const) : ('incomplete' as const);
  const results = attempts.map((attempt, index): StoreResult => {
    const common = { destination: targets[index]!.name, archive };
    return 'error' in attempt
      ? { ...common, result: 'failed', bytes: 0, error: attempt.error }
      : { ...common, result, bytes: attempt.bytes };
  });
  return { manifest, results };
}

export interface StoreAt {
  readonly target: NamedDestination;
  readonly archive: string;
  readonly reader: PassThrough;
  /** Resolves with the number of bytes when all have been read. */
  readonly reading: Promise<number>;
  /** The summary stored beside the archive, given its size. */
  readonly summary: (bytes: number) => Promise<Buffer>;
  readonly signal: AbortSignal;
}

/** Stores the archive, then what makes it count. What was stored but does not count is deleted. */
export async function storeAt({ target, archive, reader, reading, summary, signal }: StoreAt): Promise<Attempt> {
  const { name, destination } = target;
  const failed = (problem: string, cause?: unknown) => ({
    error: destinationFailed(`"${name}" ${problem}`, cause),
  });
  const discarded = async (attempt: Attempt) => {
    // An aborted call waits for nothing.
    await untilAborted(signal, destination.delete(archive)).catch(() => {});
    return attempt;
  };
  let bytes: number;
  try {
    ({ bytes } = await destination.put(archive, reader, { signal }));
  } catch (cause) {
    reader.destroy();
    return failed('did not accept the archive', cause);
  }
  try {
    if (!reader.readableEnded) {
      reader.destroy();
      return await discarded(failed('did not accept the archive: it did not read all of it'));
    }
    const expected = await reading;
    if (bytes !== expected) return await discarded(failed(`stored ${bytes} of ${expected} bytes`));
    const beside = await summary(bytes);
    await destination.put(manifestName(archive), Readable.from([beside]), { signal });
    return { bytes };
  } catch (cause) {
    return discarded(failed('did not accept the manifest', cause));
  }
}

function refuseIfNone(attempts: readonly Attempt[]): void {
  const errors = attempts.flatMap((attempt) => ('error' in attempt ? [attempt.error] : []));
  if (errors.length < attempts.length) return;
  throw errors.length === 1 ? errors[0]! : destinationFailed('no destination stored the backup', errors[0]);
}

import { BackupError } from '../backup.errors.js';
import { authenticate } from './authenticate.js';
import { listBackups, newerFirst, type StoredBackup } from './catalog.js';
import { decide, type Decision } from './retention/decide.js';
import type { RetentionPolicy } from '../options/retention-policy.js';
import type { Seal } from './seal.js';
import type { Target } from './store-archive.js';
import { manifestName } from './stored-names.js';

/** What was thinned out in one destination, or with `dryRun` would have been. */
export interface PruneReport {
  /** The destination's name. */
  readonly destination: string;
  readonly dryRun: boolean;
  /** About every backup, newest first. */
  readonly decisions: readonly Decision[];
  /** Ids of those that are gone. */
  readonly forgotten: readonly string[];
  /** Bytes of their archives. */
  readonly bytes: number;
  /** Deletions that failed; what they name is still there, whole or not. */
  readonly errors: readonly BackupError[];
}

export interface PruneWith {
  readonly dryRun: boolean;
  readonly now: Date;
  readonly seal: Seal;
  /** Open what bears no seal that is known. */
  readonly keys: readonly Uint8Array[];
}

/**
 * Decides on the word of the application alone: a backup counts when its summary is sealed by it, or its archive opens
 * with its key.
 * @throws BackupError `DESTINATION_FAILED` when the destination cannot be listed; nothing is deleted then
 */
export async function prune(
  target: Target,
  policy: RetentionPolicy,
  { dryRun, now, seal, keys }: PruneWith,
): Promise<PruneReport> {
  const { name, destination } = target;
  const backups: StoredBackup[] = [];
  for (const backup of await listBackups(name, destination, seal)) {
    backups.push(await authenticate(destination, backup, keys));
  }
  const decisions = decide(backups.toSorted(newerFirst), policy, now);
  const doomed = decisions.filter(({ keep }) => !keep).map(({ backup }) => backup);
  const forgotten: StoredBackup[] = [];
  const errors: BackupError[] = [];
  for (const backup of dryRun ? [] : doomed) {
    try {
      // The manifest last: what is cut off in between is a manifest, never an archive that looks like a cut upload.
      await destination.delete(backup.archive);
      for (const proof of backup.proofs) await destination.delete(proof);
      await destination.delete(manifestName(backup.archive));
      forgotten.push(backup);
    } catch (cause) {
      errors.push(BackupError.destinationFailed(`"${name}" did not delete ${backup.archive}`, cause));
    }
  }
  if (!dryRun) await removeRemains(target, decisions, seal);
  const bytes = (dryRun ? doomed : forgotten).reduce((sum, backup) => sum + backup.bytes, 0);
  return { destination: name, dryRun, decisions, forgotten: forgotten.map(({ id }) => id), bytes, errors };
}

/** Manifests whose archive an earlier run deleted. They are looked at twice: a list that is read while a backup is stored may have missed its archive. */
async function removeRemains({ name, destination }: Target, decisions: readonly Decision[], seal: Seal): Promise<void> {
  for (const { backup } of decisions) {
    if (!backup.isRemains || backup.origin !== 'own') continue;
    const again = await listBackups(name, destination, seal, { id: backup.id });
    const still = again.find(({ archive }) => archive === backup.archive);
    if (!still?.isRemains) continue;
    for (const part of [...still.proofs, manifestName(backup.archive)]) await destination.delete(part).catch(() => {});
  }
}

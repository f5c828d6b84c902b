import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { authenticate, sealedSince } from './authenticate.js';
import { listBackups, newerFirst, type StoredBackup } from './stored-backups.js';
import { decide, type Decision } from './retention/decide.js';
import type { RetentionPolicy } from '../options/retention-policy.js';
import type { Seal } from './seal.js';
import type { Target } from './store-archive.js';
import { manifestName } from './stored-names.js';

/** What was pruned in one destination, or with `dryRun` would have been. */
export interface PruneReport {
  /** The destination's name. */
  readonly destination: string;
  readonly dryRun: boolean;
  /** About every backup, newest first. */
  readonly decisions: readonly Decision[];
  /** Ids of those that are gone. */
  readonly deleted: readonly string[];
  /** Bytes of their archives. */
  readonly bytes: number;
  /** Deletions that failed; what they name is still there, whole or not. */
  readonly errors: readonly BackupError[];
}

/** How far it is. */
export interface PruneProgress {
  /** `look`: whose the backups are is found out. `delete`: those that no rule keeps go. */
  readonly phase: 'look' | 'delete';
  /** The id of the backup that was last dealt with. */
  readonly name: string;
  /** Backups so far in this phase, and in all. */
  readonly done: number;
  readonly total: number;
}

export interface PruneWith {
  readonly dryRun: boolean;
  readonly now: Date;
  readonly seal: Seal;
  /** Open what bears no seal that is known. */
  readonly keys: readonly Uint8Array[];
  readonly onProgress?: (progress: PruneProgress) => void;
}

/**
 * Decides on the word of the application alone: a backup counts when its summary is sealed by it, or its archive opens
 * with its key and is older than all seals.
 * @throws BackupError `DESTINATION_FAILED` when the destination cannot be listed; nothing is deleted then
 */
export async function prune(
  target: Target,
  policy: RetentionPolicy,
  { dryRun, now, seal, keys, onProgress = () => {} }: PruneWith,
): Promise<PruneReport> {
  const { name, destination } = target;
  const backups: StoredBackup[] = [];
  const listed = await listBackups(name, destination, seal);
  const known = { keys, sealedSince: sealedSince(listed) };
  for (const backup of listed) {
    backups.push(await authenticate(destination, backup, known));
    onProgress({ phase: 'look', name: backup.id, done: backups.length, total: listed.length });
  }
  const decided = decide(backups.toSorted(newerFirst), policy, now);
  const firstSeal = firstSealNeeded(decided, listed);
  const decisions = keeping(firstSeal, decided);
  const toDelete = decisions.filter(({ keep }) => !keep).map(({ backup }) => backup);
  const deleted: StoredBackup[] = [];
  const errors: BackupError[] = [];
  for (const backup of dryRun ? [] : toDelete) {
    try {
      // The manifest last: what is cut off in between is a manifest, never an archive that looks like a cut upload.
      await destination.delete(backup.archive);
      for (const test of backup.restoreTests) await destination.delete(test);
      await destination.delete(manifestName(backup.archive));
      deleted.push(backup);
    } catch (cause) {
      errors.push(destinationFailed(`"${name}" did not delete ${backup.archive}`, cause));
    }
    const done = deleted.length + errors.length;
    onProgress({ phase: 'delete', name: backup.id, done, total: toDelete.length });
  }
  const remains = decisions.filter(({ backup }) => backup.archive !== firstSeal?.archive);
  if (!dryRun) await removeOrphans(target, remains, seal).catch((error: BackupError) => void errors.push(error));
  const bytes = (dryRun ? toDelete : deleted).reduce((sum, backup) => sum + backup.bytes, 0);
  return { destination: name, dryRun, decisions, deleted: deleted.map(({ id }) => id), bytes, errors };
}

/**
 * What bears no seal counts as this application's when it is older than all seals. So the first one that is sealed stays,
 * if only its summary is left, as long as something without a seal stands between it and the next: that may be another
 * application's, and would be ours from then on.
 */
function firstSealNeeded(decisions: readonly Decision[], listed: readonly StoredBackup[]): StoredBackup | undefined {
  const sealed = listed.filter(({ origin }) => origin === 'own').toSorted(newerFirst);
  const first = sealed.at(-1);
  if (!first) return undefined;
  const kept = new Set(decisions.filter(({ keep }) => keep).map(({ backup }) => backup.archive));
  const next = sealed.findLast((one) => one !== first && !one.isOrphan && kept.has(one.archive));
  const isBetween = ({ origin, encrypted, createdAt }: StoredBackup) =>
    origin === 'unsealed' && encrypted && createdAt >= first.createdAt && (!next || createdAt < next.createdAt);
  return listed.some(isBetween) ? first : undefined;
}

function keeping(needed: StoredBackup | undefined, decisions: readonly Decision[]): readonly Decision[] {
  const reasons = ['the first that is sealed: what has no seal and is younger may be of others'];
  return decisions.map((one) =>
    one.backup.archive === needed?.archive && !one.keep ? { backup: one.backup, keep: true, reasons } : one,
  );
}

/** Manifests whose archive an earlier run deleted. They are looked at twice: a list that is read while a backup is stored may have missed its archive. */
async function removeOrphans({ name, destination }: Target, decisions: readonly Decision[], seal: Seal): Promise<void> {
  for (const { backup } of decisions) {
    if (!backup.isOrphan || backup.origin !== 'own') continue;
    const again = await listBackups(name, destination, seal, { id: backup.id });
    const still = again.find(({ archive }) => archive === backup.archive);
    if (!still?.isOrphan) continue;
    for (const part of [...still.restoreTests, manifestName(backup.archive)])
      await destination.delete(part).catch(() => {});
  }
}

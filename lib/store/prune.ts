import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import type { RetentionPolicy } from '../options/retention-policy.js';
import { authenticate, mayBeOwn, sealedSince } from './authenticate.js';
import type { Marks } from './marks.js';
import { type Decision, decide } from './retention/decide.js';
import type { NamedDestination } from './store-archive.js';
import { listBackups, newerFirst, type StoredBackup } from './stored-backups.js';
import { manifestName } from './stored-names.js';

/** What was pruned in one destination, or with `dryRun` would have been. */
export interface PruneReport {
  /** The destination's name. */
  readonly destination: string;
  readonly dryRun: boolean;
  /** One decision for every backup, newest first. */
  readonly decisions: readonly Decision[];
  /** Ids of the deleted backups. */
  readonly deleted: readonly string[];
  /** Total size of their archives, in bytes. */
  readonly bytes: number;
  /** Failed deletions; what they name still exists, completely or in part. */
  readonly errors: readonly BackupError[];
}

/** The progress of pruning. */
export interface PruneProgress {
  /** `look`: determining which backups are the application's. `delete`: deleting those that no rule keeps. */
  readonly phase: 'look' | 'delete';
  /** The id of the last backup processed. */
  readonly name: string;
  /** Backups processed so far in this phase, and in total. */
  readonly done: number;
  readonly total: number;
}

export interface PruneWith {
  readonly dryRun: boolean;
  readonly now: Date;
  /** With a seal. */
  readonly marks: Marks;
  /** Keys that open backups without a known seal. */
  readonly keys: readonly Uint8Array[];
  readonly onProgress?: (progress: PruneProgress) => void;
}

/** Forged backups cost a look each. The newest are looked into; of the others nothing is deleted before they are. */
const MOST_LOOKED_INTO = 200;

/**
 * Trusts the application alone: a backup counts when its summary is sealed by it, or when its archive opens with its
 * key and is older than all seals. Where signers are trusted, one of them must have signed the summary as well.
 * @throws BackupError `DESTINATION_FAILED` when the destination cannot be listed; nothing is deleted then
 */
export async function prune(
  target: NamedDestination,
  policy: RetentionPolicy,
  { dryRun, now, marks, keys, onProgress = () => {} }: PruneWith,
): Promise<PruneReport> {
  const { name, destination } = target;
  const backups: StoredBackup[] = [];
  const listed = await listBackups(name, destination, marks);
  const known = { keys, sealedSince: sealedSince(listed) };
  const inQuestion = listed.filter((backup) => mayBeOwn(backup, known.sealedSince));
  const lookedInto = new Set(inQuestion.slice(0, MOST_LOOKED_INTO));
  for (const backup of listed) {
    backups.push(lookedInto.has(backup) ? await authenticate(destination, backup, known) : backup);
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
      // The manifest last: an interruption in between leaves a manifest, never an archive that looks like an
      // interrupted upload.
      await destination.delete(backup.archive);
      for (const test of backup.restoreTests) await destination.delete(test);
      await destination.delete(manifestName(backup.archive));
      deleted.push(backup);
    } catch (cause) {
      errors.push(destinationFailed(`"${name}" could not delete ${backup.archive}`, cause));
    }
    const done = deleted.length + errors.length;
    onProgress({ phase: 'delete', name: backup.id, done, total: toDelete.length });
  }
  const remains = decisions.filter(({ backup }) => backup.archive !== firstSeal?.archive);
  if (!dryRun) await removeOrphans(target, remains, marks).catch((error: BackupError) => void errors.push(error));
  const bytes = (dryRun ? toDelete : deleted).reduce((sum, backup) => sum + backup.bytes, 0);
  return { destination: name, dryRun, decisions, deleted: deleted.map(({ id }) => id), bytes, errors };
}

/**
 * An unsealed backup counts as this application's when it is older than all seals. So the first sealed backup is kept,
 * at least as its summary, as long as there is something unsealed between it and the next: that may be another
 * application's, and would count as ours otherwise.
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
  const reasons = ['the first sealed backup: newer ones without a seal may belong to others'];
  return decisions.map((one) =>
    one.backup.archive === needed?.archive && !one.keep ? { backup: one.backup, keep: true, reasons } : one,
  );
}

/**
 * Manifests whose archive an earlier run deleted. They are checked twice: a list read while a backup is being stored
 * may have missed its archive.
 */
async function removeOrphans(
  { name, destination }: NamedDestination,
  decisions: readonly Decision[],
  marks: Marks,
): Promise<void> {
  for (const { backup } of decisions) {
    if (!backup.isOrphan || backup.origin !== 'own') continue;
    const again = await listBackups(name, destination, marks, { id: backup.id });
    const still = again.find(({ archive }) => archive === backup.archive);
    if (!still?.isOrphan) continue;
    for (const part of [...still.restoreTests, manifestName(backup.archive)]) {
      await destination.delete(part).catch(() => {});
    }
  }
}

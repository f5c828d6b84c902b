import { COUNTING_RULES, type CountingRule, type RetentionPolicy } from '../../options/retention-policy.js';
import type { Origin } from '../seal.js';
import type { StoredBackup } from '../stored-backups.js';
import { RESTORE_POINT } from '../stored-manifest.js';
import { PERIODS, type Period } from './periods.js';

/** What is known about a backup when the decision is made. */
export type Candidate = Pick<StoredBackup, 'id' | 'createdAt' | 'result' | 'bytes' | 'lockedUntil'> & {
  /** Default: `own`. */
  readonly origin?: Origin;
  readonly testedAt?: Date | null;
  readonly isUnread?: boolean;
  readonly manifest?: { readonly redacted?: boolean; readonly scheduled?: { readonly schedule: string } } | null;
};

/** For people. */
const NOT_OURS: Readonly<Record<Exclude<Origin, 'own'>, string>> = {
  other: 'belongs to another application or database',
  foreign: 'not authenticated: sealed with an unknown key',
  unsealed: 'not authenticated: it has no seal',
  unsigned: 'not signed by a trusted signer',
  unknown: 'not authenticated: no key is configured',
  uploaded: 'uploaded by a person, who decides when to delete it',
};

const UNREAD = 'its manifest or a restore test could not be read this time';

/** For how long the state before a restore from the page is kept, in days. */
const POINT_DAYS = 7;

/** What happens to a backup, and why. */
export interface Decision<Backup extends Candidate = StoredBackup> {
  readonly backup: Backup;
  readonly keep: boolean;
  /** For people; at least one. */
  readonly reasons: readonly string[];
}

/**
 * Decides about all backups of a destination together; has no other effect.
 *
 * A backup that is not certainly this application's is neither counted nor deleted, nor is a failed one, which may
 * still be being written. Of the others, those that a rule of the policy wants are kept, or all of them if the policy
 * has only `maxBytes`. Regardless of any rule, `maxBytes` included, six kinds are kept: the newest good backup,
 * complete and not redacted (if there is none, the newest); the newest good one that passed a restore test; what could
 * not be read this time, which may be either of these; what the destination has locked; what is dated in the future,
 * and the restore points of the last days, which are not counted either.
 */
export function decide<Backup extends Candidate>(
  backups: readonly Backup[],
  policy: RetentionPolicy,
  now: Date,
): Decision<Backup>[] {
  const reasons = new Map<Backup, string[]>(backups.map((backup) => [backup, []]));
  const keep = (backup: Backup | undefined, reason: string) => backup && reasons.get(backup)!.push(reason);
  const counted = backups
    .filter(({ result, createdAt, origin = 'own' }) => origin === 'own' && result !== 'failed' && createdAt <= now)
    .filter((backup) => !isRecentPoint(backup, now))
    .toSorted(newerFirst);

  const untouchable = new Set<Backup>();
  const protect = (backup: Backup | undefined, reason: string) => {
    keep(backup, reason);
    if (backup) untouchable.add(backup);
  };
  protect(bestOf(counted), 'newest good backup');
  protect(counted.find(isTested), 'newest good backup that passed a restore test');
  for (const backup of backups) {
    const { origin = 'own' } = backup;
    if (backup.isUnread) protect(backup, UNREAD);
    if (backup.result === 'failed') protect(backup, 'not stored completely, so not counted');
    else if (origin !== 'own') protect(backup, `${NOT_OURS[origin]}, so not counted`);
    else if (backup.createdAt > now) protect(backup, 'dated in the future, so not counted');
    else if (isRecentPoint(backup, now)) protect(backup, `restore point, kept for ${POINT_DAYS} days`);
    if (backup.lockedUntil && backup.lockedUntil > now) {
      protect(backup, `locked until ${backup.lockedUntil.toISOString()}`);
    }
  }

  const rules = COUNTING_RULES.filter((rule) => (policy[rule] ?? 0) > 0);
  for (const rule of rules) applyRule(counted, rule, policy[rule]!, keep);
  if (rules.length === 0) for (const backup of counted) keep(backup, 'maxBytes is the only rule');

  const tooMuch = overLimit(
    // What is kept only because it could not be read takes no place from others.
    counted.filter((backup) => reasons.get(backup)!.some((reason) => reason !== UNREAD)),
    untouchable,
    policy.maxBytes,
  );
  return backups.map((backup) => {
    const wanted = reasons.get(backup)!;
    if (tooMuch.has(backup)) return { backup, keep: false, reasons: [`over maxBytes, despite: ${wanted.join(', ')}`] };
    return wanted.length > 0
      ? { backup, keep: true, reasons: wanted }
      : { backup, keep: false, reasons: ['no rule keeps it'] };
  });
}

function applyRule<Backup extends Candidate>(
  newestFirst: readonly Backup[],
  rule: CountingRule,
  count: number,
  keep: (backup: Backup | undefined, reason: string) => void,
): void {
  if (rule === 'last') {
    for (const backup of newestFirst.slice(0, count)) keep(backup, `one of the last ${count}`);
    return;
  }
  const periods = new Map<number, { period: Period; backups: Backup[] }>();
  for (const backup of newestFirst) {
    const period = PERIODS[rule](backup.createdAt);
    const group = periods.get(period.number) ?? { period, backups: [] };
    group.backups.push(backup);
    periods.set(period.number, group);
  }
  for (const { period, backups } of [...periods.values()].slice(0, count)) {
    keep(bestOf(backups), `${rule}: ${period.name}`);
  }
  if (periods.size < count) keep(newestFirst.at(-1), `${rule}: oldest`);
}

/** The oldest of the wanted backups, as many as must go for the rest to be within the limit. */
function overLimit<Backup extends Candidate>(
  newestFirst: readonly Backup[],
  untouchable: ReadonlySet<Backup>,
  maxBytes = Number.POSITIVE_INFINITY,
): Set<Backup> {
  let total = newestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone = new Set<Backup>();
  for (const backup of newestFirst.toReversed()) {
    if (total <= maxBytes) break;
    if (untouchable.has(backup)) continue;
    gone.add(backup);
    total -= backup.bytes;
  }
  return gone;
}

/**
 * The newest that is complete and not redacted; failing that the newest that is not redacted; failing that the newest.
 */
function bestOf<Backup extends Candidate>(newestFirst: readonly Backup[]): Backup | undefined {
  const original = newestFirst.filter(({ manifest }) => manifest?.redacted !== true);
  return original.find(({ result }) => result === 'success') ?? original[0] ?? newestFirst[0];
}

/** It is there to undo a restore, and takes no place from the backups that were asked for. */
function isRecentPoint({ createdAt, manifest }: Candidate, now: Date): boolean {
  return (
    manifest?.scheduled?.schedule === RESTORE_POINT && now.getTime() - createdAt.getTime() < POINT_DAYS * 86_400_000
  );
}

function isTested({ result, testedAt, manifest }: Candidate): boolean {
  return result === 'success' && manifest?.redacted !== true && testedAt instanceof Date;
}

function newerFirst(one: Candidate, other: Candidate): number {
  return other.createdAt.getTime() - one.createdAt.getTime() || (one.id < other.id ? -1 : 1);
}

import type { RetentionPolicy } from 'nestjs-backup';
import type { Candidate } from '../../lib/store/retention/decide.js';

/**
 * What docs/destinations.md says of retention, written down a second time and in another way: of each backup by itself,
 * with calendars instead of arithmetic. Slow, and for backups of different moments only.
 */
export function keptByModel(backups: readonly Candidate[], policy: RetentionPolicy, now: Date): Set<Candidate> {
  const counted = backups.filter(({ result, createdAt }) => result !== 'failed' && !(createdAt > now));
  const rules = Object.entries(policy).filter(([rule, count]) => rule !== 'maxBytes' && count > 0);
  const wanted = counted.filter(
    (backup) => rules.length === 0 || rules.some(([rule, count]) => isWanted(backup, rule, count as number, counted)),
  );
  const safe = backups.filter((backup) => isSafe(backup, counted, now));
  const kept = new Set([...wanted, ...safe]);
  const total = sumOf(counted.filter((backup) => kept.has(backup)));
  for (const backup of wanted.filter((one) => !safe.includes(one))) {
    const olderOnes = wanted.filter((other) => !safe.includes(other) && other.createdAt < backup.createdAt);
    if (total - sumOf(olderOnes) > (policy.maxBytes ?? Infinity)) kept.delete(backup);
  }
  return kept;
}

function isWanted(backup: Candidate, rule: string, count: number, counted: readonly Candidate[]): boolean {
  const newer = counted.filter(({ createdAt }) => createdAt > backup.createdAt);
  if (rule === 'last') return newer.length < count;
  const periodOf = ({ createdAt }: Candidate) => calendar[rule]!(createdAt);
  const same = counted.filter((other) => periodOf(other) === periodOf(backup));
  const complete = same.filter(({ result }) => result === 'success');
  const [best] = (complete.length > 0 ? complete : same).toSorted((one, other) => +other.createdAt - +one.createdAt);
  const laterPeriods = new Set(newer.map(periodOf).filter((period) => period !== periodOf(backup)));
  if (backup === best && laterPeriods.size < count) return true;
  const isOldest = counted.every((other) => other === backup || other.createdAt > backup.createdAt);
  return isOldest && new Set(counted.map(periodOf)).size < count;
}

function isSafe(backup: Candidate, counted: readonly Candidate[], now: Date): boolean {
  if (backup.result === 'failed' || backup.createdAt > now) return true;
  if (backup.lockedUntil && backup.lockedUntil > now) return true;
  const complete = counted.filter(({ result }) => result === 'success');
  const rivals = complete.length > 0 ? complete : counted;
  return rivals.includes(backup) && rivals.every(({ createdAt }) => createdAt <= backup.createdAt);
}

/** Names of periods in UTC; those of weeks by ISO 8601: a week belongs to the year of its Thursday. */
export const calendar: Record<string, (time: Date) => string> = {
  hourly: (time) => time.toISOString().slice(0, 13),
  daily: (time) => time.toISOString().slice(0, 10),
  weekly: (time) => {
    const thursday = new Date(time);
    thursday.setUTCDate(time.getUTCDate() + 4 - (time.getUTCDay() || 7));
    const days =
      (Date.UTC(thursday.getUTCFullYear(), thursday.getUTCMonth(), thursday.getUTCDate()) -
        Date.UTC(thursday.getUTCFullYear(), 0, 1)) /
      86_400_000;
    return `${thursday.getUTCFullYear()}-W${Math.floor(days / 7) + 1}`;
  },
  monthly: (time) => time.toISOString().slice(0, 7),
  yearly: (time) => time.toISOString().slice(0, 4),
};

function sumOf(backups: readonly Candidate[]): number {
  return backups.reduce((sum, { bytes }) => sum + bytes, 0);
}

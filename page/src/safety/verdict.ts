import type { StatusAnswer } from '../../../lib/page/page-api.js';
import { relativeText } from '../format/durations.js';
import { isUnhealthy } from '../restore/explain.js';
import { ageFinding, DAY, type Finding, type Level, worst } from './findings.js';

export interface Verdict {
  readonly level: Level;
  /** The answer, in one word, and what it means. */
  readonly answer: string;
  readonly summary: string;
  /** What speaks against it, worst first. */
  readonly findings: readonly Finding[];
}

const ANSWERS: Readonly<Record<Level, readonly [answer: string, summary: string]>> = {
  good: ['Yes', 'There is a recent backup, and a restore test has passed.'],
  attention: ['Mostly', 'There are backups, but something needs attention.'],
  bad: ['No', 'Something that a restore depends on is missing.'],
};

/** Answers “are we safe?” from the state of the application at a time, in ms since 1970. */
export function verdictOf(status: StatusAnswer, now: number): Verdict {
  const findings = [
    ...ofBackups(status, now),
    ...ofDestinations(status, now),
    ...ofRestoreTests(status, now),
    ...ofUncountedTests(status),
    ...ofSchedule(status, now),
    ...ofEncryption(status),
    ...ofKeys(status),
    ...ofRestores(status),
  ].toSorted((a, b) => Number(b.level === 'bad') - Number(a.level === 'bad'));
  const level = worst(findings);
  const [answer, summary] = ANSWERS[level];
  return { level, answer, summary, findings };
}

function ofBackups({ lastBackup }: StatusAnswer, now: number): Finding[] {
  if (!lastBackup) return [{ level: 'bad', text: 'No good backup is known. Make one now.' }];
  return ageFinding('The last good backup', Date.parse(lastBackup.finishedAt), now);
}

function ofDestinations({ destinations }: StatusAnswer, now: number): Finding[] {
  if (destinations.length === 0) {
    return [
      {
        level: 'attention',
        text: 'No destination is configured: backups exist only where somebody has downloaded them.',
      },
    ];
  }
  const findings: Finding[] = [];
  const unreadable = destinations.filter(({ readable }) => !readable);
  const areAll = unreadable.length === destinations.length;
  for (const { name } of unreadable) {
    findings.push({ level: areAll ? 'bad' : 'attention', text: `The destination “${name}” cannot be read.` });
  }
  const readable = destinations.filter((one) => one.readable);
  for (const { name, lastBackup } of readable) {
    if (!lastBackup) {
      // Nothing stored anywhere is worse than one place of several that is empty.
      const isStored = readable.some((one) => one.lastBackup);
      findings.push({ level: isStored ? 'attention' : 'bad', text: `The destination “${name}” has no good backup.` });
    } else if (readable.length > 1) {
      const found = ageFinding(`The last good backup in “${name}”`, Date.parse(lastBackup.finishedAt), now);
      findings.push(...found.map(({ text }) => ({ level: 'attention' as const, text })));
    }
  }
  return findings;
}

function ofRestoreTests({ lastRestoreTest }: StatusAnswer, now: number): Finding[] {
  if (!lastRestoreTest) return [{ level: 'attention', text: 'No backup has ever passed a restore test.' }];
  const at = Date.parse(lastRestoreTest);
  if (now - at <= 35 * DAY) return [];
  return [{ level: 'attention', text: `The last restore test that passed was ${relativeText(at, now)}.` }];
}

function ofUncountedTests({ destinations }: StatusAnswer): Finding[] {
  const doubted = destinations.filter(({ uncountedRestoreTest }) => uncountedRestoreTest !== null);
  return doubted.map(({ name }) => ({
    level: 'attention',
    text: `A restore test in “${name}” does not count, because nothing trusted vouches for it. Where it is made, the application needs the same retentionKey and a database of the same name, and with trustedSigners a signingKey whose public key is one of them here.`,
  }));
}

function ofSchedule({ nextRuns, running }: StatusAnswer, now: number): Finding[] {
  const backups = nextRuns.filter(({ kind }) => kind === 'backup');
  if (backups.length === 0) {
    return [
      { level: 'attention', text: 'The application plans no next backup: somebody or something else has to make it.' },
    ];
  }
  const isRunning = running.some(({ kind }) => kind === 'backup');
  const late = backups.filter(({ at }) => now - Date.parse(at) > DAY / 24);
  return late.flatMap(({ name, at }) =>
    isRunning
      ? []
      : [
          {
            level: 'attention' as const,
            text: `“${name}” was due ${relativeText(Date.parse(at), now)} and has not started.`,
          },
        ],
  );
}

function ofEncryption({ features, destinations }: StatusAnswer): Finding[] {
  if (features.encrypts || destinations.length === 0) return [];
  return [{ level: 'attention', text: 'Stored backups are not encrypted: no encryption key is configured.' }];
}

function ofKeys({ destinations }: StatusAnswer): Finding[] {
  const others = destinations.filter(({ keyConfigured }) => keyConfigured === false);
  return others.map(({ name }) => ({
    level: 'attention',
    text: `The last good backup in “${name}” was made for none of the keys that are configured. Make a new one, and keep the older key until then.`,
  }));
}

function ofRestores({ maintenance, lastRestore }: StatusAnswer): Finding[] {
  const findings: Finding[] = [];
  if (maintenance) {
    findings.push({ level: 'attention', text: 'The application is closed to others while a restore runs.' });
  }
  if (lastRestore?.result === 'unknown') {
    findings.push({
      level: 'bad',
      text: 'A restore was interrupted: the next start of the application finishes or undoes it.',
    });
  }
  if (lastRestore?.result === 'unchecked') {
    findings.push(
      isUnhealthy(lastRestore)
        ? {
            level: 'bad',
            text: 'The application did not pass its check after the last restore: undo it, or restart the application once it works.',
          }
        : {
            level: 'attention',
            text: 'The application was not checked after the last restore: its next start does that.',
          },
    );
  }
  return findings;
}

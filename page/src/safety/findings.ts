import { relativeText } from '../format/durations.js';

export type Level = 'good' | 'attention' | 'bad';

/** Something that speaks against being safe. */
export interface Finding {
  readonly level: Exclude<Level, 'good'>;
  readonly text: string;
}

/** In ms. */
export const DAY = 86_400_000;
/** Ages of a backup: what an application with a backup every night should not exceed, and what nobody should. */
const OLD = 2 * DAY;
const TOO_OLD = 7 * DAY;

/** What there is to say about the age of a backup, of which the subject is told. */
export function ageFinding(subject: string, at: number, now: number): Finding[] {
  const age = now - at;
  if (age <= OLD) return [];
  return [{ level: age > TOO_OLD ? 'bad' : 'attention', text: `${subject} was made ${relativeText(at, now)}.` }];
}

export function worst(findings: readonly Finding[]): Level {
  if (findings.some(({ level }) => level === 'bad')) return 'bad';
  return findings.length > 0 ? 'attention' : 'good';
}

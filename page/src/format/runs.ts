import type { RunEvent, RunningRun } from '../../../lib/page/page-api.js';
import { shareOf } from '../live/rate.js';
import { sizeText } from './sizes.js';

const KINDS: Readonly<Record<RunningRun['kind'], string>> = {
  backup: 'Backup',
  restore: 'Restore',
  verify: 'Verification',
  test: 'Restore test',
};

const PHASES: Readonly<Record<RunningRun['phase'], string>> = {
  start: 'Starting',
  plan: 'Planning',
  database: 'Database',
  files: 'Files',
  comparison: 'Comparing with the source',
  maintenance: 'Closing the application to others',
  point: 'Making the restore point',
  check: 'Checking the application',
  rollback: 'Going back to the state before',
};

const ENDS: Readonly<Record<Exclude<RunEvent['state'], 'started'>, string>> = {
  success: 'has finished',
  incomplete: 'has finished, but a file was left out',
  failed: 'has failed',
  aborted: 'was cancelled',
  refused: 'was refused',
};

const VIAS: Readonly<Record<RunningRun['via'], string>> = {
  http: 'over HTTP',
  cli: 'on the command line',
  schedule: 'by a schedule',
  code: 'by the application',
};

export const kindText = (kind: RunningRun['kind']): string => KINDS[kind] ?? kind;
export const phaseText = (phase: RunningRun['phase']): string => PHASES[phase] ?? phase;

/** Who started a run, and how. */
export function starterText({ user, via }: Pick<RunningRun, 'user' | 'via'>): string {
  return user === null ? `started ${VIAS[via]}` : `started by ${user} ${VIAS[via]}`;
}

/** How a run ended, as a sentence; null for one that has only started. */
export function endText({ kind, state, error }: RunEvent): string | null {
  if (state === 'started') return null;
  return `${kindText(kind)} ${ENDS[state]}${error ? `: ${error.message}` : '.'}`;
}

/**
 * What is read out of a run: it changes with its phase and with each quarter of its work, and in between not at all, so that
 * nobody is told of every tick.
 */
export function announcementOf(run: RunningRun): string {
  const share = shareOf(run.work);
  const quarter = share === null ? null : Math.floor(share * 4) * 25;
  return `${kindText(run.kind)}: ${phaseText(run.phase)}${quarter === null ? '' : `, ${quarter}% done`}`;
}

/** The value of a progress bar in words. */
export function workText(work: RunningRun['work']): string {
  const share = shareOf(work);
  if (share === null) return `${sizeText(work.done)} read`;
  return `${Math.floor(share * 100)}%, ${sizeText(work.done)} of ${sizeText(work.total ?? 0)}`;
}

import type { OnlineRestoreState } from '../../../lib/page/page-api.js';

const PHASES: Readonly<Record<OnlineRestoreState['phase'], string>> = {
  maintenance: 'Closing the application to others',
  point: 'Making the restore point',
  restore: 'Restoring',
  check: 'Checking the application',
  rollback: 'Going back to the state before',
  done: 'Done',
};

/** The steps of a restore as it should go, in order. */
export const STEPS: ReadonlyArray<{ readonly phase: OnlineRestoreState['phase']; readonly text: string }> = (
  ['maintenance', 'point', 'restore', 'check', 'done'] as const
).map((phase) => ({ phase, text: PHASES[phase] }));

export const restorePhaseText = (phase: OnlineRestoreState['phase']): string => PHASES[phase] ?? phase;

export interface Explanation {
  readonly level: 'good' | 'attention' | 'bad' | 'running';
  readonly title: string;
  readonly text: string;
}

/** Whether the application has failed its check, as opposed to not having been checked. */
export const isUnhealthy = ({ error }: Pick<OnlineRestoreState, 'error'>): boolean => error?.code === 'UNHEALTHY';

/** What has become of a restore, and what that means for the application's data. */
export function explain(restore: OnlineRestoreState): Explanation {
  const { result, undoes, phase } = restore;
  const what = undoes === null ? 'restore' : 'undo';
  switch (result) {
    case null:
      return {
        level: 'running',
        title: undoes === null ? 'A restore is running' : 'A restore is being undone',
        text: `${restorePhaseText(phase)}. You may close this page: the application goes on by itself.`,
      };
    case 'restored':
      return undoes === null
        ? {
            level: 'good',
            title: 'Restored',
            text: 'The application has the state of the backup, and passed its check.',
          }
        : {
            level: 'good',
            title: 'Undone',
            text: 'The application has the state from before the restore, and passed its check.',
          };
    case 'rolled-back':
      return {
        level: 'attention',
        title: 'Rolled back',
        text: `The application did not pass its check after the ${what}. The state from before it is back.`,
      };
    case 'unchanged':
      return {
        level: 'attention',
        title: 'Nothing was changed',
        text: `The ${what} failed before it took effect. The application has the state that it had.`,
      };
    case 'unchecked':
      return isUnhealthy(restore)
        ? {
            level: 'bad',
            title: 'Restored, but not healthy',
            text: `The application did not pass its check after the ${what}, and the state from before it is not back. Undo the ${what}, or make the application work and restart it: its start checks again.`,
          }
        : {
            level: 'attention',
            title: 'Restored, but not checked',
            text: 'The state of the backup is there, but the application has not passed its check. The next start checks it; if it does not work, undo the restore.',
          };
    case 'unknown':
      return {
        level: 'bad',
        title: 'Not finished',
        text: `The ${what} was interrupted. The next start of the application finishes or undoes it: all of it, or nothing.`,
      };
    default:
      return { level: 'bad', title: 'Unknown result', text: `The application reports “${String(result)}”.` };
  }
}

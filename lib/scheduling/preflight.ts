import { invalidOption, invalidOptionOf, type SideModule } from '../errors/usage-errors.js';
import type { BackupStore } from '../store/backup-store.js';
import type { ScheduleEntry } from './schedule-entry.js';

/** @throws BackupError `INVALID_OPTIONS` when one of the schedules names a destination that does not exist */
export function checkDestinations(
  store: BackupStore,
  whose: SideModule,
  schedules: ReadonlyArray<Required<Pick<ScheduleEntry, 'name' | 'destinations'>>>,
): void {
  for (const { name, destinations } of schedules) {
    const unknown = destinations.find((one) => !store.destinations.includes(one));
    if (unknown === undefined) continue;
    const known = store.destinations.join(', ') || 'none';
    const problem = `"${name}" names the destination "${unknown}", but BackupModule has ${known}`;
    throw invalidOptionOf(whose, 'schedules', problem, 'Add it there, or correct the name.');
  }
}

/** @throws BackupError `INVALID_OPTIONS` when backups would be stored unencrypted without that being allowed */
export function checkEncryption(store: BackupStore, whose: SideModule, allowPlaintext: boolean): void {
  if (store.encrypts || allowPlaintext) return;
  const remedy = `Set recipients or encryptionKey in BackupModule, or allowPlaintext: true in the options of the ${whose}.`;
  throw invalidOption('encryptionKey', `backups of the ${whose} would be stored unencrypted`, remedy);
}

/** @throws BackupError `INVALID_OPTIONS` for restore tests of backups that only others can open */
export function checkRestoreTests(store: BackupStore, whose: SideModule, count: number): void {
  if (count === 0 || store.opensItsOwn) return;
  const remedy =
    'Run it where the identity is: nestjs-backup test --from DESTINATION --identity FILE. Leave the option out here.';
  throw invalidOptionOf(
    whose,
    'restoreTests',
    'backups are encrypted to recipients, so they cannot be opened here',
    remedy,
  );
}

/** @throws BackupError `INVALID_OPTIONS` when a schedule should prune but cannot: without a policy, or without a key */
export function checkPruning(
  store: BackupStore,
  whose: SideModule,
  schedules: ReadonlyArray<Pick<ScheduleEntry, 'name' | 'prune'>>,
): void {
  const pruning = schedules.find(({ prune }) => prune);
  if (!pruning || store.cannotPrune === null) return;
  const { problem, remedy } = store.cannotPrune;
  throw invalidOptionOf(whose, 'schedules', `"${pruning.name}" has prune: true, but ${problem}`, remedy);
}

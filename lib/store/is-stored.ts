import { listBackups } from './catalog.js';
import type { Target } from './store-archive.js';
import type { ScheduledMoment } from './stored-manifest.js';

/**
 * Whether one of the places holds the backup of a moment. One that cannot be listed is passed over, unless all are.
 * @throws BackupError `DESTINATION_FAILED`
 */
export async function isStored({ schedule, moment }: ScheduledMoment, targets: readonly Target[]): Promise<boolean> {
  const found = await Promise.allSettled(
    targets.map(async ({ name, destination }) =>
      (await listBackups(name, destination)).some(
        ({ manifest }) => manifest?.scheduled?.schedule === schedule && manifest.scheduled.moment === moment,
      ),
    ),
  );
  const answers = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [first] = found;
  if (answers.length === 0 && first?.status === 'rejected') throw first.reason as Error;
  return answers.includes(true);
}

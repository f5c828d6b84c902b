import { Readable } from 'node:stream';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { laterOf } from '../support/later-of.js';
import type { Marks } from './marks.js';
import { isUnread, readBeside } from './stored-manifest.js';
import { parseStoredName, restoreTestName } from './stored-names.js';

/** An object that records when a backup passed a restore test. */
export interface RestoreTestObject {
  readonly name: string;
  readonly at: Date;
  /** Why it cannot be opened, if so. */
  readonly problem?: string;
}

const FORMAT = 'nestjs-backup-restore-test/1';

/**
 * Records beside a stored backup that it passed a restore test, visible to every process later on.
 * @throws the destination's own error
 */
export async function writeRestoreTest(
  destination: BackupDestination,
  { id, archive }: { readonly id: string; readonly archive: string },
  marks: Marks,
): Promise<void> {
  const testedAt = new Date();
  const name = restoreTestName(archive, testedAt);
  const test = { format: FORMAT, id, testedAt: testedAt.toISOString() };
  const text = `${JSON.stringify(await marks.add(test, name), null, 2)}\n`;
  await destination.put(name, Readable.from([Buffer.from(text)]));
}

/** As in `StoredBackup`. */
interface Recorded extends LastRestoreTest {
  readonly restoreTests: readonly string[];
}

/** When a backup last passed a restore test, as far as that is known. */
export interface LastRestoreTest {
  readonly testedAt: Date | null;
  /** A later test, or perhaps the only one, could not be read. */
  readonly isUnread: boolean;
}

/** Restore tests of one backup read concurrently: where others may write, there can be many fake ones. */
const AT_ONCE = 8;

/** According to what is marked as this application's; without anything that could show it, to the objects' names. */
export async function lastRestoreTest(
  destination: BackupDestination,
  tests: readonly RestoreTestObject[],
  marks: Marks,
): Promise<LastRestoreTest> {
  const newestFirst = tests.toSorted((one, other) => other.at.getTime() - one.at.getTime());
  if (!marks.show) return { testedAt: newestFirst[0]?.at ?? null, isUnread: false };
  let isIncomplete = false;
  for (let at = 0; at < newestFirst.length; at += AT_ONCE) {
    const some = newestFirst.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((test) => vouchesFor(destination, test, marks)));
    const last = found.indexOf(true);
    isIncomplete ||= found.slice(0, last === -1 ? undefined : last).includes(undefined);
    if (last !== -1) return { testedAt: some[last]!.at, isUnread: isIncomplete };
  }
  return { testedAt: null, isUnread: isIncomplete };
}

/** When the last restore test was recorded that nothing trusted vouches for; null without one that is newer than the others. */
export function doubtedRestoreTest({ restoreTests, testedAt, isUnread: isUnknown }: Recorded): Date | null {
  if (isUnknown) return null;
  const times = restoreTests.map((name) => parseStoredName(name)?.testedAt ?? null);
  const last = times.reduce(laterOf, null);
  return last && (!testedAt || last > testedAt) ? last : null;
}

/** Undefined when it could not be read. Anything that is not JSON is not a restore test, whoever put it there. */
async function vouchesFor(
  destination: BackupDestination,
  { name, problem }: RestoreTestObject,
  marks: Marks,
): Promise<boolean | undefined> {
  try {
    const origin = marks.originOf(await readBeside(destination, name, problem), name);
    return origin === 'own' || origin === 'unknown';
  } catch (error) {
    return isUnread(error) ? undefined : false;
  }
}

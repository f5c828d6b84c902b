import type { Journal } from './journal-text.js';
import { type TargetDirectory, unsuitable } from './staging-errors.js';
import { type Identify, isOwn } from './work-name.js';

/** A restore interrupted after it was sealed, and the directories in which it is unfinished. */
export interface CutOff<Directory> extends Journal {
  readonly directories: readonly Directory[];
}

/** The restores named by journals, each once, in the order in which they are found. */
export async function byRestore<Directory>(
  directories: readonly Directory[],
  journalOf: (directory: Directory) => Promise<Journal | undefined>,
): Promise<Array<CutOff<Directory>>> {
  const found = new Map<string, Journal & { directories: Directory[] }>();
  for (const directory of directories) {
    const journal = await journalOf(directory);
    if (!journal) continue;
    const before = found.get(journal.id);
    if (before) before.directories.push(directory);
    else found.set(journal.id, { ...journal, directories: [directory] });
  }
  return [...found.values()];
}

/**
 * @throws BackupError `RESTORE_REFUSED` when one of them belongs to this database: it must be finished or undone first
 */
export async function refuseCutOff(
  restores: ReadonlyArray<CutOff<Pick<TargetDirectory, 'name'>>>,
  identify: Identify,
): Promise<void> {
  for (const { database, directories } of restores) {
    if (!(await isOwn(database, identify))) continue;
    const remedy = 'Start the application or the restore again: that finishes or undoes it first.';
    throw unsuitable(directories[0]!, 'holds an interrupted restore', remedy);
  }
}

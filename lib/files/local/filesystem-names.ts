import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFilesystemsOwn, LOST_AND_FOUND, STAGING_NAME } from '../../archive/entry-names.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { hasCode, type TargetDirectory, unsuitable } from '../staging-errors.js';
import { entriesOf, removeTree } from './folders.js';
import { type StagingLayout, statIfThere } from './staging-folder.js';

/**
 * Names that some filesystem cannot hold, or stores under a different name; a filesystem that holds all of these holds
 * any.
 */
const ODD_NAMES = [
  'aux',
  'a:b',
  'a?b"<|>*',
  'ends with a dot.',
  'ends with a space ',
  '\u0001',
  'caf\u00e9',
  'cafe\u0301',
];
const PLAIN_NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z\d_-](?:[a-z\d ._-]*[a-z\d_-])?$/i;
const HOSTILE_CHARACTERS = process.platform === 'win32' ? /[\0\\:]/ : /[\0\\]/;
const LONGEST_NAME = 255;
/** Names up to this length fit everywhere (an encrypting filesystem has the lowest limit). */
const SHORT_NAME = 140;
const LONGEST_PATH = process.platform === 'win32' ? 32_000 : process.platform === 'linux' ? 4095 : 1023;

/**
 * @returns the path components of an entry
 * @throws BackupError `ARCHIVE_INVALID` for a path that would leave the directory or reach the staging folder
 */
export function safeNames(directory: Pick<TargetDirectory, 'name'>, relative: string): string[] {
  const names = relative.split('/');
  if (names.every(isSafeName) && names[0] !== STAGING_NAME) return names;
  throw archiveInvalid(`the name ${JSON.stringify(relative)} is not safe below "${directory.name}"`);
}

/** Whether it may be part of a path; at the top, one name is reserved. */
export function isSafeName(name: string): boolean {
  return !(
    name === '' ||
    name === '.' ||
    name === '..' ||
    HOSTILE_CHARACTERS.test(name) ||
    Buffer.from(name).toString() !== name
  );
}

/** What the filesystem of one data directory can hold, found by trying it in the staging folder. */
export class FilesystemNames {
  private constructor(
    private readonly directory: TargetDirectory,
    private readonly layout: StagingLayout,
    /** Different names may be the same name here: in case, or in Unicode normalization. */
    readonly folds: boolean,
    private readonly holdsOddNames: boolean,
    private readonly holdsLongNames: boolean,
    private readonly hasLostAndFound: boolean,
  ) {}

  static async probe(directory: TargetDirectory, layout: StagingLayout): Promise<FilesystemNames> {
    const folder = join(layout.work, 'probe');
    await mkdir(folder);
    await writeFile(join(folder, 'case'), '', { flag: 'wx' });
    const folds = (await statIfThere(join(folder, 'CASE'))) !== undefined;
    const odd: boolean[] = [];
    for (const name of ODD_NAMES) odd.push(await holds(folder, name, false));
    const long = await holds(folder, 'n'.repeat(LONGEST_NAME), true);
    await removeTree(folder);
    const found = await statIfThere(join(layout.top, LOST_AND_FOUND));
    const hasLostAndFound = found?.isDirectory() === true;
    return new FilesystemNames(directory, layout, folds, !folds && odd.every(Boolean), long, hasLostAndFound);
  }

  /** @throws BackupError `RESTORE_REFUSED` when this filesystem cannot hold an entry under exactly this name */
  async check(names: readonly string[]): Promise<void> {
    const relative = names.join('/');
    if (this.isTooLong(relative)) throw this.refuse(relative, 'it is too long');
    for (const name of names) {
      const bytes = Buffer.byteLength(name);
      if (this.surelyHolds(name)) continue;
      if (await holds(this.layout.work, name, true, 'probe-of-a-name')) continue;
      const reason = bytes > LONGEST_NAME ? 'it is too long' : 'this filesystem does not accept it';
      throw this.refuse(relative, reason);
    }
    // In other letters it is an ordinary name, unless this filesystem treats it as the same one.
    if (!this.holdsOddNames && (await this.isStagingFolder(names[0] ?? ''))) {
      throw this.refuse(relative, 'it is a reserved name');
    }
  }

  /** Whether `check` would let a name pass, below a folder that it has let pass; if not, it may do so yet. */
  passes(relative: string, name: string): boolean {
    return !this.isTooLong(relative) && this.surelyHolds(name);
  }

  /**
   * Where an entry goes. A folder of the filesystem's own that exists stays as it is; what an earlier version saved of
   * such a folder is restored beside it.
   */
  placeOf(names: readonly string[]): readonly string[] {
    const [first = '', ...rest] = names;
    if (!this.hasLostAndFound || !isFilesystemsOwn(first)) return names;
    return [`${first}.restored`, ...rest];
  }

  /** The error for a name that already exists in another spelling, or twice. */
  clash(names: readonly string[]): BackupError {
    if (!this.folds) return archiveInvalid(`it contains "${this.directory.name}/${names.join('/')}" twice`);
    return this.refuse(names.join('/'), 'another name differs from it only in case or Unicode normalization');
  }

  private isTooLong(relative: string): boolean {
    return Buffer.byteLength(this.layout.fresh) + 1 + Buffer.byteLength(relative) > LONGEST_PATH;
  }

  private surelyHolds(name: string): boolean {
    const bytes = Buffer.byteLength(name);
    const isShort = bytes <= SHORT_NAME;
    return (
      (this.holdsOddNames && (isShort || (this.holdsLongNames && bytes <= LONGEST_NAME))) ||
      (isShort && PLAIN_NAME.test(name))
    );
  }

  private refuse(relative: string, reason: string): BackupError {
    const problem = `cannot hold ${JSON.stringify(relative)}: ${reason}`;
    return unsuitable(this.directory, problem, 'Restore to another filesystem.');
  }

  private async isStagingFolder(name: string): Promise<boolean> {
    const own = await statIfThere(this.layout.staging);
    const other = await statIfThere(join(this.layout.top, name));
    return own !== undefined && other?.ino === own.ino && other.dev === own.dev;
  }
}

/** Whether a folder can hold a name, and lists it with the same bytes. */
async function holds(parent: string, name: string, alone: boolean, within?: string): Promise<boolean> {
  const folder = within === undefined ? parent : join(parent, within);
  try {
    if (within !== undefined) await mkdir(folder);
    await mkdir(join(folder, name));
    if (!(await lists(folder, name))) return false;
    if (alone) await rmdir(join(folder, name));
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'EILSEQ', 'ENAMETOOLONG', 'EEXIST', 'ENOENT', 'EPERM', 'EACCES', 'EIO')) return false;
    throw error;
  } finally {
    if (within !== undefined) await removeTree(folder);
  }
}

export async function lists(folder: string, name: string): Promise<boolean> {
  for await (const entry of entriesOf(folder)) if (entry.name.equals(Buffer.from(name))) return true;
  return false;
}

import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, stat, utimes } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SYNCS_BY_PATH } from '../../support/sync-path.js';
import type { StagedAttributes, StagedContent } from '../restore-target.js';
import { hasCode, stagingFailed, systemReason, type TargetDirectory } from '../staging-errors.js';
import { FilesystemNames, isSafeName, lists, safeNames } from './filesystem-names.js';
import { mayNotGive, syncTree } from './folders.js';
import { type LateModes, writeLateModes } from './sealed-lists.js';
import { type StagingLayout, statIfThere } from './staging-folder.js';
import type { StagingThread, StepListener } from './thread/staging-thread.js';
import type { Owner } from './thread/steps.js';

const PERMISSIONS = 0o777;
/**
 * Set-group-id on a folder passes its group on to new entries and sticky protects them; on files these bits mean
 * something else.
 */
const FOLDER_PERMISSIONS = 0o3777;
const OWNER_ALL = 0o700;
const OWNER_MAY_READ = 0o400;
const OWNER_MAY_WRITE = 0o200;
const OWNER_MAY_ENTER = 0o500;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** A folder on the path to the last entry. */
interface OpenFolder {
  readonly name: string;
  /** What it gets when it is left; without it, it stays as the system created it. */
  attributes?: StagedAttributes;
}

/**
 * The new content of one data directory as it grows in the folder `new`. While a folder is being filled only its owner
 * has access; it gets its mode and time when it is left, and again if the archive returns to it.
 */
export class StagedTree {
  private readonly open: OpenFolder[] = [];
  private readonly lateModes = new Map<string, number>();
  /** The folder of the last file, below the top: what precedes a name in the archive, and where it is. */
  private folder: { readonly prefix: string; readonly path: string } | undefined;
  readonly warnings: string[] = [];
  private readonly listener: StepListener = {
    failed: (error, path) => stagingFailed(this.directory, this.namesOf(path).join('/'), this.refusal(path, error)),
    notGiven: (error) => this.keep(error),
  };

  private constructor(
    private readonly directory: TargetDirectory,
    private readonly layout: StagingLayout,
    private readonly names: FilesystemNames,
    private readonly thread: StagingThread,
    /**
     * The owner that everything gets; undefined when that is already the case, or when this process may not change it.
     */
    private owner: Owner | undefined,
  ) {}

  /** @param thread takes the steps for small files; may be shared with other trees */
  static async create(directory: TargetDirectory, layout: StagingLayout, thread: StagingThread): Promise<StagedTree> {
    await mkdir(layout.fresh, { mode: OWNER_ALL });
    await mkdir(layout.old, { mode: OWNER_ALL });
    const { uid, gid } = await stat(layout.top);
    const isOwn = process.geteuid?.() !== 0 || (uid === 0 && gid === process.getegid?.());
    return new StagedTree(
      directory,
      layout,
      await FilesystemNames.probe(directory, layout),
      thread,
      isOwn ? undefined : { uid, gid },
    );
  }

  async check(relative: string): Promise<void> {
    await this.safe(relative);
  }

  async addFile(relative: string, content: StagedContent, attributes: StagedAttributes): Promise<void> {
    const path = this.besideLast(relative) ?? (await this.pathOfFile(relative));
    const mode = attributes.mode & PERMISSIONS;
    const modified = secondsOf(attributes);
    // At the end, when everything else is flushed, it could not be opened again.
    const flush = !SYNCS_BY_PATH || (mode & OWNER_MAY_READ) === 0;
    this.thread.count();
    if (this.thread.isRunning && Buffer.isBuffer(content)) {
      const { owner } = this;
      return this.thread.add({ kind: 'write', path, mode, modified, owner, flush }, this.listener, content);
    }
    const handle = await open(path, NEW_FILE, 0o600).catch((error: unknown) => {
      throw this.refusal(path, error);
    });
    try {
      for await (const chunk of Buffer.isBuffer(content) ? [content] : content) await handle.writeFile(chunk);
      await this.give((uid, gid) => handle.chown(uid, gid));
      await handle.utimes(forNode(modified), forNode(modified));
      await handle.chmod(mode);
      if (flush) await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async addDirectory(relative: string, attributes: StagedAttributes): Promise<void> {
    const names = await this.safe(relative);
    await this.goTo(names, attributes);
  }

  /** Called when no more entries follow: sets the modes and times of the folders that are still open. */
  async finish(): Promise<void> {
    await this.leave(0);
    await this.thread.drain();
    await writeLateModes(this.layout, this.lateModes satisfies LateModes);
  }

  /** Enters the folders on the path, and leaves those that are not on it. @param attributes of the last one */
  private async goTo(names: readonly string[], attributes?: StagedAttributes): Promise<void> {
    this.folder = undefined;
    const parted = names.findIndex((name, index) => name !== this.open[index]?.name);
    await this.leave(parted === -1 ? names.length : parted);
    while (this.open.length < names.length) {
      const way = names.slice(0, this.open.length + 1);
      await this.enter(way, attributes !== undefined && way.length === names.length);
    }
    if (attributes) this.open.at(-1)!.attributes = attributes;
  }

  private async enter(names: readonly string[], isKnown: boolean): Promise<void> {
    const path = this.path(names);
    const folder: OpenFolder = { name: names.at(-1)! };
    try {
      await mkdir(path, isKnown ? { mode: OWNER_ALL } : {});
      await this.give((uid, gid) => chown(path, uid, gid));
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      await this.thread.drain();
      const there = await statIfThere(path);
      const isExact = !this.names.folds || (await lists(this.path(names.slice(0, -1)), folder.name));
      if (!there?.isDirectory() || !isExact) throw this.names.clash(names);
      const mode = this.lateModes.get(names.join('/')) ?? there.mode;
      folder.attributes = { mode, modified: there.mtime, mtimeMs: there.mtimeMs };
      await chmod(path, OWNER_ALL);
    }
    this.open.push(folder);
  }

  private async leave(depth: number): Promise<void> {
    while (this.open.length > depth) {
      const names = this.open.map(({ name }) => name);
      const { attributes } = this.open.pop()!;
      if (attributes) await this.look(names, attributes);
    }
  }

  private async look(names: readonly string[], attributes: StagedAttributes): Promise<void> {
    const path = this.path(names);
    let mode = attributes.mode & FOLDER_PERMISSIONS;
    // At the end, when everything else is flushed, it could not be entered again.
    if ((mode & OWNER_MAY_ENTER) !== OWNER_MAY_ENTER) {
      await this.thread.drain();
      await syncTree(path, [this.thread]);
    }
    const isAtTop = names.length === 1;
    if (isAtTop && process.geteuid?.() !== 0 && (mode & OWNER_MAY_WRITE) === 0) {
      this.lateModes.set(names[0]!, mode);
      mode |= OWNER_MAY_WRITE;
    }
    const modified = secondsOf(attributes);
    // After the files in it.
    if (this.thread.isRunning) return this.thread.add({ kind: 'describe', path, mode, modified }, this.listener);
    await chmod(path, mode);
    await utimes(path, forNode(modified), forNode(modified));
  }

  private async give(chown: (uid: number, gid: number) => Promise<void>): Promise<void> {
    if (!this.owner) return;
    const { uid, gid } = this.owner;
    await chown(uid, gid).catch((error: unknown) => {
      if (!mayNotGive(error)) throw error;
      this.keep(error);
    });
  }

  /** From now on everything stays with the user of this process. */
  private keep(error: unknown): void {
    if (!this.owner) return;
    const { uid, gid } = this.owner;
    this.owner = undefined;
    this.warnings.push(
      `"${this.directory.name}": the restored files belong to the user of this process, not to the owner of the directory ` +
        `(${uid}:${gid}), because this process may not change their owner (${systemReason(error)})`,
    );
  }

  private refusal(path: string, error: unknown): unknown {
    return hasCode(error, 'EEXIST', 'ELOOP', 'EISDIR') ? this.names.clash(this.namesOf(path)) : error;
  }

  /** Where a file goes whose folder was that of the last one, so that only its name has to be checked. */
  private besideLast(relative: string): string | undefined {
    const { folder } = this;
    if (!folder || !relative.startsWith(folder.prefix)) return undefined;
    const name = relative.slice(folder.prefix.length);
    if (name.includes('/') || !isSafeName(name) || !this.names.passes(relative, name)) return undefined;
    return folder.path + name;
  }

  private async pathOfFile(relative: string): Promise<string> {
    const names = await this.safe(relative);
    const parents = names.slice(0, -1);
    await this.goTo(parents);
    const prefix = relative.slice(0, relative.lastIndexOf('/') + 1);
    // At the top there are more names that need care.
    this.folder = prefix === '' ? undefined : { prefix, path: this.path(parents) + sep };
    return this.path(names);
  }

  private async safe(relative: string): Promise<readonly string[]> {
    const names = safeNames(this.directory, relative);
    await this.names.check(names);
    return this.names.placeOf(names);
  }

  private path(names: readonly string[]): string {
    return join(this.layout.fresh, ...names);
  }

  private namesOf(path: string): readonly string[] {
    return path.slice(this.layout.fresh.length + 1).split(sep);
  }
}

/**
 * A number keeps microseconds, which a `Date` cannot. Anything finer is truncated, so a third of a microsecond is added
 * to get the requested value whichever way the number was rounded.
 */
function secondsOf({ modified, mtimeMs = modified.getTime() }: StagedAttributes): number {
  const microseconds = Math.round(mtimeMs * 1000);
  if (microseconds % 1_000_000 === 0) return microseconds / 1_000_000;
  return (microseconds + Math.sign(microseconds) / 3) / 1_000_000;
}

/** Before 1970 it has to be a number as text, since Node interprets a negative number as "now". */
function forNode(seconds: number): number | string {
  return seconds < 0 ? String(seconds) : seconds;
}

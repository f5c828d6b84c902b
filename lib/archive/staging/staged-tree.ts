import { constants } from 'node:fs';
import { chmod, mkdir, open, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { StagedAttributes } from '../restore-target.js';
import { hasCode, type TargetDirectory } from './staging-errors.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';
import { SYNCS_BY_PATH } from './sync.js';
import { lists, safeNames, TargetNames } from './target-names.js';

const PERMISSIONS = 0o777;
const OWNER_ALL = 0o700;
const OWNER_MAY_READ = 0o400;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** The new content of one data directory, as it grows in the folder `new`. */
export class StagedTree {
  /** The folder of the last entry, which is there: archives list folder by folder. */
  #there: readonly string[] = [];

  private constructor(
    private readonly directory: TargetDirectory,
    private readonly layout: StagingLayout,
    private readonly names: TargetNames,
  ) {}

  static async create(directory: TargetDirectory, layout: StagingLayout): Promise<StagedTree> {
    await mkdir(layout.fresh, { mode: OWNER_ALL });
    await mkdir(layout.old, { mode: OWNER_ALL });
    return new StagedTree(directory, layout, await TargetNames.probe(directory, layout));
  }

  async check(relative: string): Promise<void> {
    await this.names.check(safeNames(this.directory, relative));
  }

  async addFile(
    relative: string,
    content: AsyncIterable<Buffer> | Buffer,
    attributes: StagedAttributes,
  ): Promise<void> {
    const names = safeNames(this.directory, relative);
    await this.names.check(names);
    await this.#ensureFolders(names.slice(0, -1));
    const handle = await open(this.#path(names), NEW_FILE, 0o600).catch((error: unknown) => {
      throw hasCode(error, 'EEXIST', 'ELOOP', 'EISDIR') ? this.names.clash(names) : error;
    });
    try {
      for await (const chunk of Buffer.isBuffer(content) ? [content] : content) await handle.writeFile(chunk);
      const mode = attributes.mode & PERMISSIONS;
      await handle.utimes(attributes.modified, attributes.modified);
      await handle.chmod(mode);
      // It could not be opened once more at the end, when everything else is flushed.
      if (!SYNCS_BY_PATH || (mode & OWNER_MAY_READ) === 0) await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A folder keeps all of its owner's permissions, without which it could neither be moved into place nor be removed. */
  async addDirectory(relative: string, attributes: StagedAttributes): Promise<void> {
    const names = safeNames(this.directory, relative);
    await this.names.check(names);
    if (names.length === 1 && this.names.isVolumesOwn(names[0])) return;
    await this.#ensureFolders(names);
    const path = this.#path(names);
    await chmod(path, (attributes.mode & PERMISSIONS) | OWNER_ALL);
    await utimes(path, attributes.modified, attributes.modified);
  }

  async #ensureFolders(names: readonly string[]): Promise<void> {
    const shared = names.findIndex((name, index) => name !== this.#there[index]);
    for (let depth = shared === -1 ? names.length : shared; depth < names.length; depth++) {
      await this.#ensureFolder(names.slice(0, depth + 1));
    }
    this.#there = names;
  }

  async #ensureFolder(names: readonly string[]): Promise<void> {
    const path = this.#path(names);
    try {
      await mkdir(path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      const isFolder = (await statIfThere(path))?.isDirectory() === true;
      const isExact = !this.names.folds || (await lists(this.#path(names.slice(0, -1)), names.at(-1) ?? ''));
      if (!isFolder || !isExact) throw this.names.clash(names);
    }
  }

  #path(names: readonly string[]): string {
    return join(this.layout.fresh, ...names);
  }
}

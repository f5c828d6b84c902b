import { type DataDirectory, isLocal, isStore } from './data-directory.js';
import { StagedDirectories } from './local/staged-directories.js';
import type { RestoreTarget, StagedAttributes, StagedContent, UnsavedPaths } from './restore-target.js';
import { StagedObjects } from './store/staged-objects.js';

/** Where a restore's files go, for any mix of kinds of data directories. */
export class RestoredFiles implements RestoreTarget {
  private readonly local: RestoreTarget;
  private readonly stored: RestoreTarget;
  private readonly inStores: ReadonlySet<string>;

  /**
   * @param identify returns the identity of the database whose rows are restored with them
   * @param unsaved what the backup lacks, by directory: that stays as it is
   */
  constructor(
    id: string,
    directories: readonly DataDirectory[],
    replace: boolean,
    identify: () => Promise<string>,
    unsaved: ReadonlyMap<string, UnsavedPaths>,
  ) {
    this.local = new StagedDirectories(id, directories.filter(isLocal), replace, identify, unsaved);
    this.stored = new StagedObjects(id, directories.filter(isStore), replace, identify, unsaved);
    this.inStores = new Set(directories.filter(isStore).map(({ name }) => name));
  }

  get kept() {
    return { paths: [...this.local.kept.paths, ...this.stored.kept.paths] };
  }

  get warnings() {
    return [...this.local.warnings, ...this.stored.warnings];
  }

  async prepare(): Promise<void> {
    await this.local.prepare();
    await this.stored.prepare();
  }

  async addFile(name: string, relative: string, content: StagedContent, attributes: StagedAttributes) {
    await this.of(name).addFile(name, relative, content, attributes);
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    await this.of(name).addDirectory(name, relative, attributes);
  }

  async seal(): Promise<void> {
    await this.local.seal();
    await this.stored.seal();
  }

  async swap(): Promise<void> {
    await this.local.swap();
    await this.stored.swap();
  }

  /** The mark is removed when nothing old is left anywhere. */
  async discardOld(forget: () => Promise<void>): Promise<void> {
    await this.local.discardOld(() => this.stored.discardOld(forget));
  }

  /** The stores first, since they never throw. */
  async abandon(): Promise<void> {
    await this.stored.abandon();
    await this.local.abandon();
  }

  private of(name: string): RestoreTarget {
    return this.inStores.has(name) ? this.stored : this.local;
  }
}

import { Inject, Injectable, Logger } from '@nestjs/common';
import { Identities } from '../crypto/age/identities.js';
import type { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import type { ByteSource } from '../support/byte-source.js';
import { lackBeside } from './lesser-marks.js';
import type { MarkOption } from './marks.js';
import { type ChooseWith, findTarget, latestOf, mostCertain, openStored, type StoredReference } from './open-stored.js';
import { writeRestoreTest } from './restore-tests.js';
import { SealsService } from './seals.service.js';
import { listBackups, type StoredBackup } from './stored-backups.js';

/** Backups that were passed over: others may put any number of them there, and each is a line of the log. */
const MOST_NAMED = 10;

/** Archives in destinations, for reading. */
@Injectable()
export class StoredArchives {
  private readonly logger = new Logger(StoredArchives.name);

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly seals: SealsService,
  ) {}

  /**
   * @param key opens backups without a known seal when resolving `latest`, in addition to the application's own
   * @param plaintext also accepts a backup that is neither encrypted nor sealed, although there is a key
   * @throws BackupError `WRONG_USAGE` when there is no such destination; as `openStored`
   */
  async open(
    { destination, id }: StoredReference,
    key?: Uint8Array,
    plaintext?: boolean,
  ): Promise<Pick<StoredBackup, 'id' | 'createdAt' | 'encrypted'> & { readonly source: ByteSource }> {
    const target = findTarget(this.options.destinations, destination);
    const { backup, source, passedOver } = await openStored(target, id, await this.chooseWith(key, plaintext));
    const isNot = `"${id}" in "${destination}" is not the newest: skipped`;
    for (const why of passedOver.slice(0, MOST_NAMED)) this.logger.warn(`${isNot} ${why}.`);
    const more = passedOver.length - MOST_NAMED;
    if (more > 0) this.logger.warn(`${isNot} ${more} more; "nestjs-backup list" shows them.`);
    const { createdAt, encrypted } = backup;
    return { id: backup.id, createdAt, encrypted, source };
  }

  /**
   * What `latest` means, and when it last passed a restore test; undefined when there is none.
   * @throws BackupError `WRONG_USAGE`, `DESTINATION_FAILED`
   */
  async latest(name: string): Promise<Pick<StoredBackup, 'id' | 'testedAt'> | undefined> {
    const target = findTarget(this.options.destinations, name);
    const options = await this.chooseWith();
    const chosen = await latestOf(target, options);
    if (!chosen) return undefined;
    const { id, archive } = chosen.backup;
    const ofId = await listBackups(name, target.destination, options.marks, { id });
    return { id, testedAt: ofId.find((one) => one.archive === archive)?.testedAt ?? null };
  }

  /**
   * Records beside a stored backup that it passed a restore test.
   * @returns options that the record lacks to be believed by whoever has stored the backup, as far as that is known
   * @throws BackupError; the destination's own error
   */
  async recordRestoreTest({ destination: name, id }: StoredReference): Promise<readonly MarkOption[]> {
    const { destination } = findTarget(this.options.destinations, name);
    const marks = await this.seals.marks();
    const found = await listBackups(name, destination, marks, { id, withRestoreTests: false });
    // Chosen as when it was opened: of several with the same id it is the same one.
    const backup = mostCertain(found);
    if (!backup) return [];
    await writeRestoreTest(destination, backup, marks);
    return lackBeside(destination, backup.archive, marks).catch(() => []);
  }

  /** The application's key services, for an archive opened without an identity; undefined if there is none. */
  get ownIdentities(): Identities | undefined {
    const { keyServices, remoteTimeout } = this.options;
    return keyServices.length > 0 ? Identities.of(keyServices, remoteTimeout) : undefined;
  }

  /** Returns the application's key, for an encrypted archive opened without one; undefined if there is none. */
  get ownKey(): (() => Promise<Buffer>) | undefined {
    return this.options.encryptionKey ?? undefined;
  }

  /**
   * Who must have signed an archive; null when nobody has to.
   * @throws BackupError `INVALID_OPTIONS` in a command, when the option is present but empty
   */
  get trustedSigners(): TrustedSigners | null {
    return this.options.trustedSigners?.() ?? null;
  }

  private async chooseWith(key?: Uint8Array, plaintext?: boolean): Promise<ChooseWith> {
    return { marks: await this.seals.knownMarks(key), keys: await this.seals.openingKeys(key), plaintext };
  }
}

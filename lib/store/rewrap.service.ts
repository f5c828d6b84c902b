import { Inject, Injectable, Logger } from '@nestjs/common';
import { Identities } from '../crypto/age/identities.js';
import type { Recipient } from '../crypto/age/recipient.js';
import { Recipients } from '../crypto/age/recipients.js';
import { rewrap } from '../crypto/age/rewrap.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { archiveInvalid } from '../errors/archive-errors.js';
import { destinationFailed } from '../errors/destination-errors.js';
import { aborted } from '../errors/run-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { lackBeside, whyLess } from './lesser-marks.js';
import type { MarkOption } from './marks.js';
import { chosenStored, findTarget, isTrusted, type StoredReference } from './open-stored.js';
import { SealsService } from './seals.service.js';
import type { StoredBackup } from './stored-backups.js';
import { type StoredManifest, writeStoredManifest } from './stored-manifest.js';
import { isForRecipients, manifestName } from './stored-names.js';

export interface RewrapOptions {
  /**
   * Opens it now: the content of an identity file, or what `CryptoService.parseIdentities` returns.
   * @default the key services among the option `recipients` of `BackupModule`
   */
  readonly identity?: string | Identities;
  /** 1 to 20 age recipients or key services, who alone can open it afterwards. @default the option `recipients` of `BackupModule` */
  readonly recipients?: readonly Recipient[];
  /** Gives up. Until the archive is replaced, it is what it was. */
  readonly signal?: AbortSignal;
}

/** A stored backup that was re-wrapped. */
export interface RewrapReport {
  readonly destination: string;
  readonly id: string;
  /** Name of the archive's object. */
  readonly archive: string;
  /** Its size as stored. */
  readonly bytes: number;
  /** Key ids of its recipients. */
  readonly keyIds: readonly string[];
  /** What the destination still has of the former archive, and why; null when nothing is left of it. */
  readonly remains: string | null;
}

/** Changes who can open stored backups, without moving their payload. */
@Injectable()
export class RewrapService {
  private readonly logger = new Logger(RewrapService.name);

  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly seals: SealsService,
  ) {}

  /**
   * Gives a stored backup a new header, in which its file key is wrapped for other recipients. The file key stays the
   * same: whoever has seen it, or has a copy of the former archive, can still open it.
   * @throws BackupError `ARCHIVE_INVALID` when there is none, or it was not encrypted to recipients; `WRONG_USAGE` when
   *   nothing shows that it belongs to the application, or its destination cannot do that; `DECRYPTION_FAILED` when the
   *   identity does not open it; `INVALID_IDENTITY`, `INVALID_RECIPIENT`, `KEY_SERVICE_FAILED`, `MISSING_PACKAGE`,
   *   `DESTINATION_FAILED`
   */
  async rewrap({ destination: name, id }: StoredReference, options: RewrapOptions): Promise<RewrapReport> {
    const target = findTarget(this.options.destinations, name);
    const { signal } = options;
    const identities = this.identitiesOf(options);
    const recipients = await this.recipientsOf(options);
    const marks = await this.seals.marks();
    // Of a backup that is named, it is said below why it is not re-wrapped.
    const choosing = { marks, keys: await this.seals.openingKeys(), plaintext: id !== 'latest' };
    const { backup } = await chosenStored(target, id, choosing);
    const rewrite = rewriterOf(target.destination, name, backup);
    refuseLesser(await lackBeside(target.destination, backup.archive, marks));
    const { archive, manifest } = backup as StoredBackup & { manifest: StoredManifest };
    const { keyIds } = recipients;
    const beside = manifestName(archive);
    const summarize = (content: StoredManifest) =>
      rewrite(beside, async ({ size }) => ({
        instead: size,
        bytes: await writeStoredManifest(content, beside, marks),
      }));
    const { bytes, remains = null } = await rewrite(
      archive,
      async (object) => {
        if (object.size !== manifest.bytes) throw destinationFailed(`"${archive}" has been changed meanwhile`);
        const { header, instead } = await rewrap(object, identities, recipients);
        // From here on either archive is the one that is meant, whenever this process ends.
        await summarize({ ...manifest, rewrapping: { bytes: object.size - instead + header.length, keyIds } });
        return { bytes: header, instead };
      },
      { signal },
    ).catch((error: unknown) => {
      throw signal?.aborted ? aborted(signal.reason) : error;
    });
    await summarize({ ...manifest, bytes, keyIds });
    this.logger.log(`Backup ${backup.id} in "${name}" was re-wrapped: its key ids are ${keyIds.join(', ')}.`);
    if (remains !== null) {
      this.logger.warn(`The former archive of backup ${backup.id} is still in "${name}": ${remains}.`);
    }
    return { destination: name, id: backup.id, archive, bytes, keyIds, remains };
  }

  private identitiesOf({ identity }: RewrapOptions): Identities {
    if (identity !== undefined) return typeof identity === 'string' ? Identities.parse(identity) : identity;
    const { keyServices, remoteTimeout } = this.options;
    if (keyServices.length > 0) return Identities.of(keyServices, remoteTimeout);
    throw wrongUsage(
      're-wrapping needs the identity that opens the archive now',
      'Give it with --identity (in code identity).',
    );
  }

  private async recipientsOf({ recipients }: RewrapOptions): Promise<Recipients> {
    const found = recipients
      ? await Recipients.parse(recipients, this.options.remoteTimeout)
      : await this.options.recipients?.();
    if (found) return found;
    const remedy = 'Give them with --recipient (in code recipients), or set the option recipients of BackupModule.';
    throw wrongUsage('there are no recipients to re-wrap the archive for', remedy);
  }
}

/** @throws BackupError `WRONG_USAGE` where the backup would not count any more */
function refuseLesser(lack: readonly MarkOption[]): void {
  if (lack.length === 0) return;
  const { problem, remedy } = whyLess(lack);
  throw wrongUsage(
    `re-wrapping writes the summary of a backup anew, which would count for less: ${problem}`,
    `${remedy} Or copy the archive, and re-wrap the copy.`,
  );
}

/** The destination's own method. @throws BackupError `WRONG_USAGE`, `ARCHIVE_INVALID` */
function rewriterOf(
  destination: BackupDestination,
  name: string,
  { id, archive, encrypted, origin }: StoredBackup,
): NonNullable<BackupDestination['rewrite']> {
  if (!isForRecipients(archive)) {
    const how = encrypted ? 'encrypted with an AES key, which is wrapped for nobody' : 'not encrypted';
    throw archiveInvalid(`backup ${id} in "${name}" is ${how}`, undefined, 'Make another backup, with recipients.');
  }
  if (!isTrusted({ origin })) {
    throw wrongUsage(
      `nothing shows that backup ${id} in "${name}" belongs to this application, and re-wrapping would seal it`,
      'Copy the archive, check it with "verify", and re-wrap the copy.',
    );
  }
  const { rewrite } = destination;
  if (rewrite) return rewrite.bind(destination);
  throw wrongUsage(
    `the destination "${name}" cannot give an object another beginning (it has no method rewrite)`,
    'Copy the archive out of it, re-wrap the copy, and use that one; or give the destination that method.',
  );
}

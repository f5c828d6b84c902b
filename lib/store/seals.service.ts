import { Inject, Injectable } from '@nestjs/common';
import { aesKeyId } from '../crypto/archive-key.js';
import { DatabaseService } from '../database/database.service.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { Marks } from './marks.js';
import { Seal, type SealSecret } from './seal.js';

/** The application's keys for what destinations hold, requested each time they are needed. */
@Injectable()
export class SealsService {
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly databases: DatabaseService,
  ) {}

  /**
   * Seals with the first `retentionKey`, or with what is derived from `encryptionKey`, and recognises both; null
   * without either.
   * @param instead takes the place of an `encryptionKey` that is missing; null does without one, which only lists
   * @throws what the options' functions throw
   */
  async seal(instead?: Uint8Array | null): Promise<Seal | null> {
    const { retentionKey, encryptionKey, isKeyMissing } = this.options;
    const retention = (await retentionKey?.()) ?? [];
    const given = isKeyMissing ? instead : undefined;
    const encryption = given === undefined ? await encryptionKey?.() : given && Buffer.from(given);
    const secrets: SealSecret[] = retention.map((bytes) => ({ of: 'retentionKey', bytes }));
    if (encryption) secrets.push({ of: 'encryptionKey', bytes: encryption });
    if (secrets.length === 0) return null;
    try {
      return new Seal(secrets, this.databases.name);
    } finally {
      for (const { bytes } of secrets) bytes.fill(0);
    }
  }

  /** Key ids of `recipients` and `encryptionKey`; empty without either, and when they cannot be known now. */
  async keyIds(): Promise<ReadonlySet<string>> {
    const { recipients, encryptionKey, isKeyMissing } = this.options;
    const ids = await Promise.all([
      recipients?.().then((known) => known.keyIds),
      isKeyMissing ? undefined : encryptionKey?.().then(idOf),
    ]).catch(() => []);
    return new Set(ids.flatMap((some) => some ?? []));
  }

  /**
   * What marks what is stored, and shows who has stored it: the seal, and the signature.
   * @param instead as for `seal`
   * @throws what the options' functions throw
   */
  async marks(instead?: Uint8Array | null): Promise<Marks> {
    const { signingKey, trustedSigners } = this.options;
    return new Marks(await this.seal(instead), (await signingKey?.()) ?? null, trustedSigners?.() ?? null);
  }

  /**
   * The same for reading alone.
   * @param instead as for `seal`
   * @throws what the options' functions throw
   */
  async knownMarks(instead?: Uint8Array | null): Promise<Marks> {
    return new Marks(await this.seal(instead), null, this.options.trustedSigners?.() ?? null);
  }

  /** Keys that open archives of the application. */
  async openingKeys(given?: Uint8Array): Promise<Uint8Array[]> {
    if (given && this.options.isKeyMissing) return [given];
    const own = await this.options.encryptionKey?.();
    return [given, own].filter((key) => key !== undefined);
  }
}

function idOf(key: Buffer): string {
  const id = aesKeyId(key);
  key.fill(0);
  return id;
}

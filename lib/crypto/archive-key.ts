import { hkdfSync } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { wrongUsage } from '../errors/usage-errors.js';
import { giveBack } from '../support/lent-bytes.js';
import { parseAesKey } from './aes-key.js';
import { AgeEncryptor } from './age/age-encryptor.js';
import type { Recipient } from './age/recipient.js';
import { Recipients, type WrappedFileKey } from './age/recipients.js';
import { SegmentEncryptor } from './segment-cipher.js';

/** How an archive is encrypted: not at all, with an AES key (Tink's format), or to recipients (age). */
export type Encryption = 'none' | 'aes' | 'age';

/** What one archive is encrypted with: an AES key, or a file key that is wrapped for recipients. */
export type ArchiveKey = Buffer | WrappedFileKey;

/** As in `CreateBackupOptions`. */
interface Chosen {
  readonly aesKey?: string | Uint8Array;
  readonly recipients?: readonly Recipient[];
  readonly plaintext?: boolean;
}

/** As in `ResolvedBackupOptions`. */
interface Configured {
  readonly encryptionKey: (() => Promise<Buffer>) | null;
  readonly recipients: (() => Promise<Recipients>) | null;
  readonly remoteTimeout: number;
}

/** Whether a backup will be encrypted. */
export function isEncryptedWith({ aesKey, recipients, plaintext }: Chosen, configured: Configured): boolean {
  const hasOwn = configured.encryptionKey !== null || configured.recipients !== null;
  return aesKey !== undefined || recipients !== undefined || (hasOwn && plaintext !== true);
}

/**
 * What a backup is encrypted with: what is given for it, else the application's recipients, else its key; undefined for an
 * unencrypted one. To be zeroised with `forgetKey`.
 * @throws BackupError `INVALID_AES_KEY`, `INVALID_RECIPIENT`, `KEY_SERVICE_FAILED`, `MISSING_PACKAGE`, `INVALID_OPTIONS`;
 *   `WRONG_USAGE` when more than one is given; what the option's function throws
 */
export async function chooseKey(chosen: Chosen, configured: Configured): Promise<ArchiveKey | undefined> {
  refuseBoth(chosen);
  const { aesKey, recipients, plaintext } = chosen;
  if (aesKey !== undefined) return parseAesKey(aesKey);
  if (recipients !== undefined) return (await Recipients.parse(recipients, configured.remoteTimeout)).wrap();
  if (plaintext) return undefined;
  return configured.recipients ? (await configured.recipients()).wrap() : await configured.encryptionKey?.();
}

function refuseBoth({ aesKey, recipients, plaintext }: Chosen): void {
  const given = [
    aesKey !== undefined && 'an AES key',
    recipients !== undefined && 'recipients',
    plaintext && 'plaintext',
  ].filter((one) => one !== false && one !== undefined);
  if (given.length > 1) throw wrongUsage(`${given[0]} and ${given[1]} were given together`, 'Give only one of them.');
}

export function encryptionWith(key: ArchiveKey | undefined): Encryption {
  if (!key) return 'none';
  return 'fileKey' in key ? 'age' : 'aes';
}

/** Encrypts a stream that nothing else reads. A failure of either destroys both; the reader gets the error. */
export function encryptStream(plain: Readable, key: ArchiveKey): Readable {
  const encryptor =
    'fileKey' in key ? new AgeEncryptor(key, giveBack) : new SegmentEncryptor(key, { onUsed: giveBack });
  pipeline(plain, encryptor, () => {});
  return encryptor;
}

/**
 * A short name for an AES key, which tells nothing else about it: 16 hexadecimal digits, HKDF-SHA256(key, no salt,
 * "nestjs-backup key id", 8 bytes).
 */
export function aesKeyId(key: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'nestjs-backup key id', 8)).toString('hex');
}

/** Key ids of what opens an archive: one of an AES key, or one for each recipient. */
export function keyIdsOf(key: ArchiveKey | undefined): readonly string[] {
  if (!key) return [];
  return 'fileKey' in key ? key.keyIds : [aesKeyId(key)];
}

/** Zeroises it. */
export function forgetKey(key: ArchiveKey | undefined): void {
  if (key) ('fileKey' in key ? key.fileKey : key).fill(0);
}

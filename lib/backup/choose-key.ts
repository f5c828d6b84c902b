import { parseAesKey } from '../crypto/aes-key.js';
import { Recipients } from '../crypto/age/recipients.js';
import type { ArchiveKey } from '../crypto/archive-key.js';
import { wrongUsage } from '../errors/usage-errors.js';
import type { ResolvedBackupOptions } from '../options/backup-options.js';

/** As in `CreateBackupOptions`. */
interface Chosen {
  readonly aesKey?: string | Uint8Array;
  readonly recipients?: readonly string[];
  readonly plaintext?: boolean;
}

type Configured = Pick<ResolvedBackupOptions, 'encryptionKey' | 'recipients'>;

/** Whether a backup will be encrypted. */
export function isEncryptedWith({ aesKey, recipients, plaintext }: Chosen, configured: Configured): boolean {
  const hasOwn = configured.encryptionKey !== null || configured.recipients !== null;
  return aesKey !== undefined || recipients !== undefined || (hasOwn && plaintext !== true);
}

/**
 * What a backup is encrypted with: what is given for it, else the application's recipients, else its key; undefined for an
 * unencrypted one.
 * @throws BackupError `INVALID_AES_KEY`, `INVALID_RECIPIENT`, `MISSING_PACKAGE`, `INVALID_OPTIONS`; `WRONG_USAGE` when more
 *   than one is given; what the option's function throws
 */
export async function chooseKey(chosen: Chosen, configured: Configured): Promise<ArchiveKey | undefined> {
  refuseBoth(chosen);
  const { aesKey, recipients, plaintext } = chosen;
  if (aesKey !== undefined) return parseAesKey(aesKey);
  if (recipients !== undefined) return (await Recipients.parse(recipients)).wrap();
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

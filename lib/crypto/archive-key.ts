import type { WrappedFileKey } from './age/recipients.js';

/** How an archive is encrypted: not at all, with an AES key (Tink's format), or to recipients (age). */
export type Encryption = 'none' | 'aes' | 'age';

/** What one archive is encrypted with: an AES key, or a file key that is wrapped for recipients. */
export type ArchiveKey = Buffer | WrappedFileKey;

export function encryptionWith(key: ArchiveKey | undefined): Encryption {
  if (!key) return 'none';
  return 'fileKey' in key ? 'age' : 'aes';
}

/** Zeroises it. */
export function forgetKey(key: ArchiveKey | undefined): void {
  if (key) ('fileKey' in key ? key.fileKey : key).fill(0);
}

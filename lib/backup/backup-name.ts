import type { Encryption } from '../crypto/archive-key.js';

const ENDINGS: Readonly<Record<Encryption, string>> = { none: '.zip', aes: '.zip.crypt', age: '.zip.age' };

/**
 * File name and media type of a backup that starts at `time`: `backup-20260131T235959Z.zip`, encrypted `….zip.crypt`, or
 * `….zip.age` if to recipients.
 */
export function describeBackup(time: Date, encryption: Encryption): { filename: string; contentType: string } {
  const stamp = time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const contentType = encryption === 'none' ? 'application/zip' : 'application/octet-stream';
  return { filename: `backup-${stamp}${ENDINGS[encryption]}`, contentType };
}

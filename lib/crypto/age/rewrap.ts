import type { ByteSource } from '../../support/byte-source.js';
import { readHeader } from './age-source.js';
import type { Identities } from './identities.js';
import type { Recipients } from './recipients.js';

/** A new header, and the length of the one that it replaces. */
export interface Rewrapped {
  readonly header: Buffer;
  /** In bytes. */
  readonly instead: number;
}

/**
 * Wraps the file key of an age file for other recipients. The payload stays as it is, and so does the file key: whoever
 * knows that, or has the former header, can still open the file.
 * @throws BackupError `DECRYPTION_FAILED`, also when none of the identities fits; `INVALID_IDENTITY`, `MISSING_PACKAGE`
 */
export async function rewrap(source: ByteSource, identities: Identities, recipients: Recipients): Promise<Rewrapped> {
  const former = await readHeader(source);
  const fileKey = await identities.unwrap(former);
  try {
    return { header: await recipients.wrapAgain(fileKey), instead: former.length };
  } finally {
    fileKey.fill(0);
  }
}

import { readFile } from 'node:fs/promises';
import { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { wrongUsage } from '../../errors/usage-errors.js';

export interface SignerOptions {
  /** Path of a file of public keys. */
  readonly signer?: string;
}

/**
 * Who must have signed the archive, from `--signer`; undefined without it.
 * @throws BackupError `INVALID_SIGNER`, `WRONG_USAGE`
 */
export async function findSigners({ signer }: SignerOptions): Promise<TrustedSigners | undefined> {
  if (signer === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(signer, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`the file of public keys "${signer}" cannot be read (${code})`, 'Correct --signer.');
  }
  return TrustedSigners.parseFile(text);
}

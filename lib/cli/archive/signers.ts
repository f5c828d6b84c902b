import { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { readSmallFile } from '../small-file.js';

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
  return TrustedSigners.parseFile(String(await readSmallFile(signer, 'file of public keys', '--signer')));
}

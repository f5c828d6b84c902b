import type { ArchiveSignature } from '../../restore/read/archive-signature.js';

/** Who signed an archive, in human-readable form. */
export function describeSignature(signature: ArchiveSignature | null): string {
  if (!signature) return 'not signed';
  const { signer, trusted } = signature;
  const isTrusted = trusted === null ? '' : trusted ? ', a trusted signer' : ', NOT A TRUSTED SIGNER';
  return `by ${signer}${isTrusted}`;
}

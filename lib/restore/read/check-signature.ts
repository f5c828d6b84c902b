import { MANIFEST_ENTRY, SIGNATURE_ENTRY } from '../../archive/entry-names.js';
import type { ArchiveReader } from '../../archive/read/archive-reader.js';
import { ARCHIVE_NAMESPACE } from '../../crypto/signature/public-key.js';
import { MOST_SIGNATURE_BYTES, readSshsig } from '../../crypto/signature/sshsig.js';
import type { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import { signatureInvalid, signatureMissing, signatureUntrusted } from '../../errors/signature-errors.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import type { ArchiveSignature } from './archive-signature.js';

/**
 * Holds the signature of an archive against its manifest, whoever is trusted: one that is there is right, and one that
 * the manifest speaks of is there.
 * @param text of the manifest
 * @returns null when it is not signed
 * @throws BackupError `SIGNATURE_INVALID`
 */
export async function readSignature(
  reader: ArchiveReader,
  text: string,
  { signer }: BackupManifest,
  trusted: TrustedSigners | null,
): Promise<ArchiveSignature | null> {
  if (!reader.find(SIGNATURE_ENTRY)) {
    if (signer === undefined) return null;
    throw signatureInvalid(`its manifest is signed by ${signer}, and "${SIGNATURE_ENTRY}" is missing`);
  }
  const key = readSshsig(
    await reader.readText(SIGNATURE_ENTRY, MOST_SIGNATURE_BYTES),
    Buffer.from(text),
    ARCHIVE_NAMESPACE,
  );
  if (typeof key === 'string') throw signatureInvalid(`its signature of ${MANIFEST_ENTRY} is not valid: ${key}`);
  if (key.fingerprint !== signer) {
    throw signatureInvalid(`it is signed with ${key.fingerprint}, which its manifest does not name as its signer`);
  }
  return { signer, trusted: trusted && trusted.has(key) };
}

/** @throws BackupError `SIGNATURE_MISSING`, `SIGNATURE_UNTRUSTED` where signers are named, and none of them made it */
export function refuseUntrusted(signature: ArchiveSignature | null, trusted: TrustedSigners | null): void {
  if (!trusted) return;
  if (!signature) throw signatureMissing();
  if (!signature.trusted) throw signatureUntrusted(signature.signer);
}

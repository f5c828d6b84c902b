/** Who signed an archive. The signature covers its manifest, which proves everything else in it. */
export interface ArchiveSignature {
  /** Fingerprint of the key, as `ssh-keygen -l` shows it: `SHA256:…`. */
  readonly signer: string;
  /** Whether it is one of the trusted signers; null where none are named. */
  readonly trusted: boolean | null;
}

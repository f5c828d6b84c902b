import type { BackupManifest } from '../manifest/manifest.js';
import type { ArchiveSignature } from './read/archive-signature.js';
import type { OpenedArchive } from './read/open-archive.js';

/** What is known of an archive whose content was not read. */
export interface InspectedArchive {
  readonly manifest: BackupManifest;
  readonly encrypted: boolean;
  readonly signature: ArchiveSignature | null;
  /** Size of the archive as an unencrypted ZIP. */
  readonly bytes: number;
}

export function inspected({ manifest, encrypted, signature, size }: OpenedArchive): InspectedArchive {
  return { manifest, encrypted, signature, bytes: size };
}

import type { BackupManifest } from '../manifest/manifest.js';
import type { OpenedArchive } from './read/open-archive.js';

/** What is known of an archive whose content was not read. */
export interface InspectedArchive {
  readonly manifest: BackupManifest;
  readonly encrypted: boolean;
  /** Size of the archive as an unencrypted ZIP. */
  readonly bytes: number;
}

export function inspected({ manifest, encrypted, size }: OpenedArchive): InspectedArchive {
  return { manifest, encrypted, bytes: size };
}

import type { BackupManifest } from '../manifest/manifest.js';
import type { OpenedArchive } from './read/open-archive.js';

/** What can be told of an archive whose content was not read. */
export interface InspectedArchive {
  readonly manifest: BackupManifest;
  readonly encrypted: boolean;
  /** Of the archive as a plain ZIP. */
  readonly bytes: number;
}

export function inspected({ manifest, encrypted, size }: OpenedArchive): InspectedArchive {
  return { manifest, encrypted, bytes: size };
}

import { ArchiveReader } from '../archive/archive-reader.js';
import { MANIFEST_ENTRY } from '../archive/entry-names.js';
import { describeBackup } from '../backup/backup-name.js';
import { type BackupManifest, parseManifest } from '../backup/manifest.js';
import type { ByteSource } from '../byte-source.js';
import { openDecrypted } from '../crypto/decrypted-source.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { StoredBackup } from './catalog.js';
import { summarize } from './stored-manifest.js';
import { archiveName } from './stored-names.js';

/**
 * What is certain of a backup whose summary nothing vouches for: of an encrypted one all that its own manifest says, when
 * the archive opens with a key of the application. The backup as it is otherwise.
 */
export async function authenticate(
  destination: BackupDestination,
  backup: StoredBackup,
  keys: readonly Uint8Array[],
): Promise<StoredBackup> {
  const isOpen = backup.origin === 'unsealed' || backup.origin === 'foreign';
  if (!isOpen || !backup.encrypted || backup.result === 'failed') return backup;
  for (const key of keys) {
    const manifest = await manifestOf(destination, backup.archive, key).catch(() => undefined);
    if (!manifest || archiveOf(manifest) !== backup.archive) continue;
    const result = manifest.complete ? 'success' : 'incomplete';
    const createdAt = new Date(manifest.createdAt);
    return { ...backup, createdAt, result, origin: 'own', manifest: summarize(manifest, true, backup.bytes) };
  }
  return backup;
}

/** The first and the last segment are authenticated, so that it is not cut off, and all that the manifest takes. */
async function manifestOf(destination: BackupDestination, archive: string, key: Uint8Array): Promise<BackupManifest> {
  let source: ByteSource = await destination.open(archive);
  try {
    source = await openDecrypted(source, key);
    const reader = await ArchiveReader.open(source, {});
    return parseManifest(await reader.readText(MANIFEST_ENTRY));
  } finally {
    await source.close();
  }
}

/** The one name that such an archive has: a copy under another one is no backup more. */
function archiveOf({ id, createdAt }: BackupManifest): string {
  return archiveName(describeBackup(new Date(createdAt), true).filename, id);
}

import { ArchiveReader } from '../archive/archive-reader.js';
import { MANIFEST_ENTRY } from '../archive/entry-names.js';
import { describeBackup } from '../backup/backup-name.js';
import { type BackupManifest, parseManifest } from '../manifest/manifest.js';
import type { ByteSource } from '../support/byte-source.js';
import { openDecrypted } from '../crypto/decrypted-source.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import type { StoredBackup } from './stored-backups.js';
import { summarize } from './stored-manifest.js';
import { archiveName } from './stored-names.js';

/** With what a backup is looked into. */
export interface Authentication {
  /** Open archives of the application, and of others that have the same. */
  readonly keys: readonly Uint8Array[];
  /** When the oldest backup began that bears a seal of this application, or may; undefined when none does. */
  readonly sealedSince: Date | undefined;
}

/** @param backups all that the destination holds; an archive whose manifest was not read may bear a seal */
export function sealedSince(backups: readonly StoredBackup[]): Date | undefined {
  const sealed = backups
    .filter(({ origin, isUnread, manifest, isOrphan }) => origin === 'own' || (isUnread && !manifest && !isOrphan))
    .map(({ createdAt }) => createdAt.getTime());
  return sealed.length > 0 ? new Date(Math.min(...sealed)) : undefined;
}

/** Whether only its archive can tell whose it is. */
export function isInQuestion({ origin, encrypted, result }: StoredBackup): boolean {
  return (origin === 'unsealed' || origin === 'foreign') && encrypted && result !== 'failed';
}

/**
 * What is certain of a backup whose summary nothing vouches for: of an encrypted one all that its own manifest says, when
 * the archive opens with a key of the application. The backup as it is otherwise.
 *
 * That it opens does not tell whose it is, since others may have the same key. It is taken for this application's own when it
 * is older than all that this application has sealed; another one is `other`: sealed by somebody else, or by nobody although
 * this application seals what it stores.
 */
export async function authenticate(
  destination: BackupDestination,
  backup: StoredBackup,
  { keys, sealedSince: since }: Authentication,
): Promise<StoredBackup> {
  if (!isInQuestion(backup)) return backup;
  for (const key of keys) {
    const manifest = await manifestOf(destination, backup.archive, key).catch(() => undefined);
    if (!manifest || archiveOf(manifest) !== backup.archive) continue;
    const result = manifest.complete ? 'success' : 'incomplete';
    const createdAt = new Date(manifest.createdAt);
    const isOwn = backup.origin === 'unsealed' && (since === undefined || createdAt < since);
    const origin = isOwn ? 'own' : 'other';
    return { ...backup, createdAt, result, origin, manifest: summarize(manifest, true, backup.bytes) };
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

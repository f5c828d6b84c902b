import { MANIFEST_ENTRY } from '../archive/entry-names.js';
import { ArchiveReader } from '../archive/read/archive-reader.js';
import { describeBackup } from '../backup/backup-name.js';
import { aesKeyId } from '../crypto/archive-key.js';
import { openDecrypted } from '../crypto/decrypted-source.js';
import type { BackupDestination } from '../destinations/backup-destination.js';
import { type BackupManifest, parseManifest } from '../manifest/manifest.js';
import type { ByteSource } from '../support/byte-source.js';
import type { StoredBackup } from './stored-backups.js';
import { summarize } from './stored-manifest.js';
import { archiveName, parseStoredName, provesItsMaker } from './stored-names.js';

/** What a backup is authenticated with. */
export interface Authentication {
  /** Keys that open archives of the application, and of others that have the same keys. */
  readonly keys: readonly Uint8Array[];
  /** Start of the oldest backup that has a seal of this application, or may have one; undefined when none has. */
  readonly sealedSince: Date | undefined;
}

/** @param backups everything that the destination holds; an archive whose manifest was not read may have a seal */
export function sealedSince(backups: readonly StoredBackup[]): Date | undefined {
  const sealed = backups
    .filter(({ origin, isUnread, manifest, isOrphan }) => origin === 'own' || (isUnread && !manifest && !isOrphan))
    .map(({ createdAt }) => createdAt.getTime());
  return sealed.length > 0 ? new Date(Math.min(...sealed)) : undefined;
}

/** Whether only its archive can show which application it belongs to. */
export function isInQuestion({ origin, archive, result }: StoredBackup): boolean {
  return (origin === 'unsealed' || origin === 'foreign') && provesItsMaker(archive) && result !== 'failed';
}

/**
 * Whether its archive may show that it is the application's own. Its name, which has to be right, dates it; what is newer
 * than the first seal, or sealed by somebody else, belongs to others even if it opens.
 */
export function mayBeOwn(backup: StoredBackup, since: Date | undefined): boolean {
  if (backup.origin !== 'unsealed' || !isInQuestion(backup)) return false;
  return since === undefined || parseStoredName(backup.archive)!.createdAt < since;
}

/**
 * What is certain about a backup whose summary nothing vouches for. If it is encrypted with a key and opens with one of the
 * application, that is everything its own manifest says; otherwise the backup is returned unchanged.
 *
 * That it opens does not prove whose it is, since others may have the same key. It counts as this application's own if
 * it is older than everything this application has sealed; otherwise it is `other`: sealed by somebody else, or by
 * nobody although this application seals what it stores.
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
    const stored = { encrypted: true, bytes: backup.bytes, keyIds: [aesKeyId(key)] };
    return { ...backup, createdAt, result, origin, manifest: summarize(manifest, stored) };
  }
  return backup;
}

/** Authenticates the first and the last segment, which rules out truncation, and everything the manifest takes up. */
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

/** The only name such an archive can have: a copy under another name is not another backup. */
function archiveOf({ id, createdAt }: BackupManifest): string {
  return archiveName(describeBackup(new Date(createdAt), 'aes').filename, id);
}

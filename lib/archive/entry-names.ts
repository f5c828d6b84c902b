/** Names of the archive's own entries, in the order in which they appear in it. */
export const VERSION_ENTRY = 'VERSION';
export const MIGRATIONS_ENTRY = 'migrations.json';
export const DATABASE_ENTRY = 'backup.jsonl';
export const MANIFEST_ENTRY = 'manifest.json';
/** Only in a signed archive. */
export const SIGNATURE_ENTRY = 'manifest.json.sig';

/** The one top-level name in a data directory that belongs to the library; a restore stages its files there. */
export const STAGING_NAME = '.nestjs-backup';

/**
 * Created by mkfs at the top of a filesystem, for what fsck finds: it belongs to the filesystem, not to the
 * application.
 */
export const LOST_AND_FOUND = 'lost+found';

/** Whether a folder at the top of a data directory belongs to the filesystem, and is neither saved nor restored. */
export function isFilesystemsOwn(topName: string): boolean {
  return topName === LOST_AND_FOUND;
}

const RESERVED = [VERSION_ENTRY, MIGRATIONS_ENTRY, DATABASE_ENTRY, MANIFEST_ENTRY, SIGNATURE_ENTRY, STAGING_NAME];

/** True for names that a data directory must not have in the archive, in any spelling that a filesystem may fold. */
export function isReservedName(name: string): boolean {
  return RESERVED.some((reserved) => reserved.toLowerCase() === name.toLowerCase());
}

const DEFAULT_NAME_BYTES = 32 * 1024;

/** Why an entry with this name (without a directory's trailing slash) must not be used; undefined for a safe name. */
export function unsafeName(name: string, maxBytes = DEFAULT_NAME_BYTES): string | undefined {
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL byte';
  if (name.includes('\\')) return 'holds a backslash';
  if (name.startsWith('/')) return 'is an absolute path';
  if (/^[a-z]:/i.test(name)) return 'begins with a drive letter';
  if (Buffer.byteLength(name) > maxBytes) return `is longer than ${maxBytes} bytes`;
  const parts = name.split('/');
  if (parts.includes('..')) return 'leaves its directory with ".."';
  if (parts.includes('.')) return 'has "." as a part';
  if (parts.includes('')) return 'has an empty part';
  if (parts[1] === STAGING_NAME) return `uses the reserved name "${STAGING_NAME}"`;
  return undefined;
}

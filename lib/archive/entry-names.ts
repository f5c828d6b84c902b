/** Names of the archive's own entries, in the order in which they stand in it. */
export const VERSION_ENTRY = 'VERSION';
export const MIGRATIONS_ENTRY = 'migrations.json';
export const DATABASE_ENTRY = 'backup.jsonl';
export const MANIFEST_ENTRY = 'manifest.json';

/** The one name at the top of a data directory that belongs to the library; a restore stages its files there. */
export const STAGING_NAME = '.nestjs-backup';

const RESERVED = [VERSION_ENTRY, MIGRATIONS_ENTRY, DATABASE_ENTRY, MANIFEST_ENTRY, STAGING_NAME];

/** True for names that a data directory must not have in the archive, in any spelling that a filesystem may fold. */
export function isReservedName(name: string): boolean {
  return RESERVED.some((reserved) => reserved.toLowerCase() === name.toLowerCase());
}

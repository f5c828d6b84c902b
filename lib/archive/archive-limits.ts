/** What an archive may ask for before it is refused; all but lines is declared, and so known before anything is read. */
export interface ArchiveLimits {
  /** Entries. Default: 10 million. */
  readonly entries: number;
  /** Directory of the ZIP, in bytes; its names are held in memory. Default: 2 GiB, at most 4 GiB. */
  readonly directoryBytes: number;
  /** Name of an entry, in bytes. Default: 32 KiB. */
  readonly nameBytes: number;
  /** `manifest.json` and `migrations.json`, in bytes. Default: 64 MiB. */
  readonly manifestBytes: number;
  /** All entries together, uncompressed, in bytes. Default: 2^53 - 1; a restore looks whether the disks have room. */
  readonly expandedBytes: number;
  /** A row's line, in bytes. Default: 511 MiB, more than which no text of Node.js can be sure to hold. */
  readonly lineBytes: number;
}

export const DEFAULT_ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 10_000_000,
  directoryBytes: 2 * 1024 ** 3,
  nameBytes: 32 * 1024,
  manifestBytes: 64 * 1024 ** 2,
  expandedBytes: Number.MAX_SAFE_INTEGER,
  lineBytes: 511 * 1024 ** 2,
};

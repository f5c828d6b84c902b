/**
 * What an archive may require before it is refused. All but the line length is declared, and so known before anything
 * is read.
 */
export interface ArchiveLimits {
  /** Number of entries. Default: 10 million. */
  readonly entries: number;
  /** Size of the ZIP's central directory in bytes; its names are held in memory. Default: 2 GiB, at most 4 GiB. */
  readonly directoryBytes: number;
  /** Length of an entry's name in bytes. Default: 32 KiB. */
  readonly nameBytes: number;
  /** Size of `manifest.json` and of `migrations.json`, in bytes. Default: 64 MiB. */
  readonly manifestBytes: number;
  /**
   * Uncompressed size of all entries together, in bytes. Default: 2^53 - 1; a restore checks whether the disks have
   * room.
   */
  readonly expandedBytes: number;
  /** Length of a row's line in bytes. Default: 511 MiB, the longest text that Node.js can be sure to hold. */
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

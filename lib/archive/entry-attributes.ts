import { archivedTime } from './entry-times.js';

const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;

/** Attributes of an entry. */
export interface EntryAttributes {
  /** Modification time. Default: now. */
  readonly modified?: Date;
  /** The same in milliseconds, with a fraction; takes precedence over `modified`. */
  readonly mtimeMs?: number;
  /** UNIX permission bits. Default: 0644, for directories 0755. */
  readonly mode?: number;
  /** Write it uncompressed, because compressing would not make it smaller. Default: false. */
  readonly uncompressed?: boolean;
}

/** A file whose content is at hand. */
export interface FileEntry extends EntryAttributes {
  readonly name: string;
  /** Must not change until it was added. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`, if it is known already. */
  readonly sha256?: Buffer;
}

/** All attributes of an entry, `name` with a trailing slash for a directory. */
export function withDefaults(
  name: string,
  { modified, mtimeMs, mode, uncompressed = false }: EntryAttributes,
): Required<Omit<EntryAttributes, 'modified'>> {
  return {
    mtimeMs: archivedTime(mtimeMs ?? modified?.getTime() ?? Date.now()),
    mode: mode ?? (name.endsWith('/') ? DIRECTORY_MODE : FILE_MODE),
    uncompressed,
  };
}

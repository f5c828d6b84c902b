import { createHash } from 'node:crypto';

/** What an archive says of an entry, and a restore applies. */
export interface DescribedEntry {
  /** Without a directory's trailing slash. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** UNIX permission bits. */
  readonly mode: number | undefined;
  readonly mtimeMs: number;
  /** Uncompressed, in bytes. */
  readonly size: number;
  /** CRC-32 of the content. */
  readonly crc: number;
}

const BATCH_CHARACTERS = 64 * 1024;

/**
 * Digest of what a ZIP's directory says of its entries, which no checksum of the ZIP's own covers: for each one, in order,
 * `<CRC-32, 8 hexadecimal digits> <size> <mode, octal> <modified, microseconds since 1970> <name>` and a NUL, which no
 * name holds. Names of directories end with "/".
 */
export class EntriesDigest {
  private readonly hash = createHash('sha256');
  private lines = '';

  add({ name, isDirectory, mode, mtimeMs, size, crc }: DescribedEntry): void {
    const modified = Math.round(mtimeMs * 1000);
    const permissions = mode === undefined ? '-' : mode.toString(8);
    const slash = isDirectory ? '/' : '';
    this.lines += `${crc.toString(16).padStart(8, '0')} ${size} ${permissions} ${modified} ${name}${slash}\0`;
    if (this.lines.length > BATCH_CHARACTERS) this.flush();
  }

  /** `sha256:` and hexadecimal digits; nothing can be added afterwards. */
  digest(): string {
    this.flush();
    return `sha256:${this.hash.digest('hex')}`;
  }

  private flush(): void {
    this.hash.update(this.lines);
    this.lines = '';
  }
}

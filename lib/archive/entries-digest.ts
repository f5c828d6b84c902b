import { createHash } from 'node:crypto';

const LINES_AT_A_TIME = 200;

/**
 * Digest of what a ZIP's directory says of its entries, which no checksum of the ZIP's own covers: for each one, in order,
 * `<CRC-32, 8 hexadecimal digits> <size> <mode, octal> <modified, microseconds since 1970> <name>` and a NUL, which no
 * name holds. Names of directories end with "/".
 */
export class EntriesDigest {
  private readonly hash = createHash('sha256');
  private lines = '';
  private count = 0;

  /**
   * @param name of a directory with its slash
   * @param mode UNIX permission bits
   * @param mtimeMs in milliseconds, with a fraction
   * @param size uncompressed, in bytes
   * @param crc CRC-32 of the content
   */
  add(name: string, mode: number | undefined, mtimeMs: number, size: number, crc: number): void {
    const permissions = mode === undefined ? '-' : mode.toString(8);
    this.lines += `${crc.toString(16).padStart(8, '0')} ${size} ${permissions} ${Math.round(mtimeMs * 1000)} ${name}\0`;
    if (++this.count % LINES_AT_A_TIME === 0) this.flush();
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

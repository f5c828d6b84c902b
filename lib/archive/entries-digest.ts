import { createHash } from 'node:crypto';

const LINES_AT_A_TIME = 200;

/**
 * Digest of what a ZIP's central directory says about files and directories that a restore relies on and that no
 * checksum covers: for each one, in order, `<mode, octal> <modified, microseconds since 1970> <name>` and a NUL, which
 * no name contains. Names of directories end with "/". The archive's own entries, which have none of this, are skipped.
 */
export class EntriesDigest {
  private readonly hash = createHash('sha256');
  private lines = '';
  private count = 0;

  /**
   * @param name with a trailing slash for directories
   * @param mode UNIX permission bits
   * @param mtimeMs in milliseconds, with a fraction
   */
  add(name: string, mode: number | undefined, mtimeMs: number): void {
    if (!name.includes('/')) return;
    const permissions = mode === undefined ? '-' : mode.toString(8);
    this.lines += `${permissions} ${Math.round(mtimeMs * 1000)} ${name}\0`;
    if (++this.count % LINES_AT_A_TIME === 0) this.flush();
  }

  /** `sha256:` followed by hexadecimal digits; nothing can be added afterwards. */
  digest(): string {
    this.flush();
    return `sha256:${this.hash.digest('hex')}`;
  }

  private flush(): void {
    this.hash.update(this.lines);
    this.lines = '';
  }
}

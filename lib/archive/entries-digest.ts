import { LinesDigest } from './lines-digest.js';

/**
 * Digest of what a ZIP's central directory says about files and directories that a restore relies on and that no
 * checksum covers: for each one, in order, `<mode, octal> <modified, microseconds since 1970> <name>` and a NUL, which
 * no name contains. Names of directories end with "/". The archive's own entries, which have none of this, are skipped.
 */
export class EntriesDigest {
  private readonly lines = new LinesDigest();

  /**
   * @param name with a trailing slash for directories
   * @param mode UNIX permission bits
   * @param mtimeMs in milliseconds, with a fraction
   */
  add(name: string, mode: number | undefined, mtimeMs: number): void {
    if (!name.includes('/')) return;
    const permissions = mode === undefined ? '-' : mode.toString(8);
    this.lines.add(`${permissions} ${Math.round(mtimeMs * 1000)} ${name}\0`);
  }

  /** `sha256:` followed by hexadecimal digits; nothing can be added afterwards. */
  digest(): string {
    return this.lines.digest();
  }
}

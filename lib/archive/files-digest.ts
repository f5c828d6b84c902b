import { hash } from 'node:crypto';
import { LinesDigest } from './lines-digest.js';

/** What sha256sum escapes in a name. */
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

/**
 * Digest of the files of one data directory: SHA-256 over the lines that sha256sum (of GNU coreutils 9) writes about them,
 * `<sha256 of the content>  <name of the entry>` and a line feed, in the archive's order. Directories have none.
 */
export class FilesDigest {
  private readonly lines = new LinesDigest();

  /** @param sha256 of the content, 32 bytes */
  add(name: string, sha256: Buffer): void {
    const digest = sha256.toString('hex');
    const escaped = name.replace(/[\\\n\r]/g, (character) => ESCAPED[character]!);
    // It marks a line whose name is not as it stands there.
    this.lines.add(`${escaped === name ? '' : '\\'}${digest}  ${escaped}\n`);
  }

  /** `sha256:` followed by hexadecimal digits; nothing can be added afterwards. */
  digest(): string {
    return this.lines.digest();
  }
}

/** Of the content of a small file or of one of the archive's own entries. */
export function sha256Of(content: Uint8Array): Buffer {
  return hash('sha256', content, 'buffer');
}

import { createHash } from 'node:crypto';

const LINES_AT_A_TIME = 200;

/** SHA-256 over many short texts, which are passed on together: one by one takes far longer. */
export class LinesDigest {
  private readonly hash = createHash('sha256');
  private lines = '';
  private count = 0;

  /** @param line with whatever ends it */
  add(line: string): void {
    this.lines += line;
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

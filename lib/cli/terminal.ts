import { createWriteStream, type WriteStream } from 'node:fs';
import { format } from 'node:util';

/**
 * Where a command's words go: results to stdout, everything else to stderr. What the host's own code prints while it is
 * booted would spoil an archive or JSON on stdout, so it is sent to stderr as well.
 */
export class Terminal {
  private readonly original = process.stdout.write.bind(process.stdout);
  /** The archive itself goes to stdout, and the result to stderr. */
  archiveOnStdout = false;

  constructor(readonly quiet: boolean) {
    process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  }

  result(text: string): void {
    if (this.archiveOnStdout) process.stderr.write(`${text}\n`);
    else this.original(`${text}\n`);
  }

  message(...words: unknown[]): void {
    if (!this.quiet) process.stderr.write(`${format(...words)}\n`);
  }

  /** Warnings and errors are said even when quiet. */
  warn(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** The real stdout as a stream of bytes; it waits for its reader, a pipe say. */
  stdout(): WriteStream {
    this.archiveOnStdout = true;
    return createWriteStream('', { fd: 1, autoClose: false });
  }
}

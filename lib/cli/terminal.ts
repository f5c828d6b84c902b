import { createWriteStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { format } from 'node:util';
import { visibleLines } from '../visible-text.js';

const STDOUT = 1;

/**
 * Where a command's words go: results to stdout, everything else to stderr. What the host's own code prints while it is
 * booted would spoil an archive or JSON on stdout, so it is sent to stderr as well, or when quiet nowhere. Whatever reaches
 * it holds names of others, which must not command the terminal.
 */
export class Terminal {
  private readonly original = process.stdout.write.bind(process.stdout);
  /** The archive itself goes to stdout, and the result to stderr. */
  archiveOnStdout = false;

  constructor(readonly quiet: boolean) {
    const elsewhere = quiet ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
    process.stdout.write = elsewhere.write.bind(elsewhere) as typeof process.stdout.write;
  }

  result(text: string): void {
    const line = `${visibleLines(text)}\n`;
    if (this.archiveOnStdout) process.stderr.write(line);
    else this.original(line);
  }

  message(...words: unknown[]): void {
    if (!this.quiet) process.stderr.write(`${visibleLines(format(...words))}\n`);
  }

  /** Warnings and errors are said even when quiet. */
  warn(text: string): void {
    process.stderr.write(`${visibleLines(text)}\n`);
  }

  /** The real stdout as a stream of bytes; it waits for its reader, a pipe say, and holds nothing else up meanwhile. */
  stdout(): Writable {
    this.archiveOnStdout = true;
    const stats = fstatSync(STDOUT);
    // `process.stdout` has made a pipe non-blocking, so that a file stream would fail as soon as its reader is slow.
    const isPipe = stats.isFIFO() || stats.isSocket();
    return isPipe
      ? new Socket({ fd: STDOUT, readable: false, writable: true })
      : createWriteStream('', { fd: STDOUT, autoClose: false });
  }
}

import { constants, createWriteStream, fstatSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { format } from 'node:util';
import { archiveFailed } from '../../errors/archive-errors.js';
import { visibleLines } from '../../support/visible-text.js';

const STDOUT = 1;
const writeOut = process.stdout.write.bind(process.stdout);
/** An archive was written there, by a separate stream that has ended. */
let stdoutIsOver = false;

/**
 * Where a command's output goes: results to stdout, everything else to stderr. What the application's own code prints while it
 * boots would spoil an archive or JSON on stdout, so it goes to stderr as well, or nowhere when quiet. All text is escaped,
 * because it may contain names from elsewhere, which must not control the terminal.
 */
export class Terminal {
  /** The archive itself goes to stdout, and the result to stderr. */
  archiveOnStdout = false;
  /** Results, warnings and errors so far. */
  said = '';

  private readonly begun = performance.now();

  constructor(readonly quiet: boolean) {
    const elsewhere = quiet ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
    process.stdout.write = elsewhere.write.bind(elsewhere) as typeof process.stdout.write;
  }

  /** Since the command started. */
  get milliseconds(): number {
    return Math.round(performance.now() - this.begun);
  }

  /** Human-readable; nothing when quiet. */
  result(text: string): void {
    if (!this.quiet) this.write(text);
  }

  /** Was explicitly requested, so it is printed even when quiet. */
  json(value: unknown): void {
    this.write(JSON.stringify(value));
  }

  private write(text: string): void {
    const line = `${visibleLines(text)}\n`;
    this.said += line;
    if (this.archiveOnStdout) process.stderr.write(line);
    else if (stdoutWasClosed()) lost ??= Object.assign(new Error('It was closed.'), { code: 'EBADF' });
    else writeOut(line);
  }

  message(...words: unknown[]): void {
    if (!this.quiet) process.stderr.write(`${visibleLines(format(...words))}\n`);
  }

  /** Warnings and errors are printed even when quiet. */
  warn(text: string): void {
    const line = `${visibleLines(text)}\n`;
    this.said += line;
    process.stderr.write(line);
  }

  /** Before an archive is made that is to go there. @throws BackupError `ARCHIVE_FAILED` */
  refuseClosedStdout(): void {
    if (stdoutWasClosed()) {
      throw archiveFailed('stdout, where it was to go, is closed', undefined, 'Redirect it, or name a file with -o.');
    }
  }

  /** Writes an archive to the real stdout. @throws BackupError `ARCHIVE_FAILED`; what the content throws */
  async send(content: Readable): Promise<void> {
    const out = this.stdout();
    // Each stream is destroyed with the other's error, so only the first one to report it has failed by itself.
    let failed: unknown;
    for (const one of [content, out]) one.once('error', () => (failed ??= one));
    try {
      await pipeline(content, out);
    } catch (error) {
      if (failed !== out) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const what = `stdout cannot take it${code === 'EPIPE' ? ', its reader has ended' : ''} (${code})`;
      throw archiveFailed(
        what,
        error,
        'What was written of it is unusable. Fix the cause, then run the command again.',
      );
    }
  }

  /** A stream of bytes; it waits for its reader, for example of a pipe, without blocking anything else. */
  private stdout(): Writable {
    this.archiveOnStdout = true;
    stdoutIsOver = true;
    const stats = fstatSync(STDOUT);
    // `process.stdout` has made a pipe non-blocking, so a file stream would fail as soon as its reader is slow.
    const isPipe = stats.isFIFO() || stats.isSocket();
    return isPipe
      ? new Socket({ fd: STDOUT, readable: false, writable: true })
      : createWriteStream('', { fd: STDOUT, autoClose: false });
  }
}

/**
 * Whether this process was started without a stdout (`>&-`): Node opens the null device in its place, for reading and
 * writing, while whoever wants to throw results away opens it for writing. Only Linux tells.
 */
export function stdoutWasClosed(): boolean {
  try {
    if (fstatSync(STDOUT).rdev !== statSync(devNull).rdev) return false;
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${STDOUT}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & constants.O_RDWR) !== 0;
  } catch {
    return false;
  }
}

let lost: NodeJS.ErrnoException | undefined;

/** Output that cannot be written any more (the reader has left, the disk is full) must not end the work. */
export function outliveReaders(): void {
  process.stdout.on('error', (error) => (lost ??= error));
  process.stderr.on('error', () => {});
}

/** Why results could not be written; undefined when they were, or when their reader closed the pipe. */
export function lostResults(): string | undefined {
  return lost?.code === 'EPIPE' ? undefined : lost?.code;
}

/** Resolves when all output has reached its reader, or the reader is gone. */
export async function flushed(): Promise<void> {
  const writes = [...(stdoutIsOver ? [] : [writeOut]), process.stderr.write.bind(process.stderr)];
  await Promise.all(writes.map((write) => new Promise((resolve) => write('', resolve))));
}

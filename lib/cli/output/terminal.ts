import { constants, createWriteStream, fstatSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import { Writable } from 'node:stream';
import { format } from 'node:util';
import { archiveFailed } from '../../errors/archive-errors.js';
import { visibleLines } from '../../support/visible-text.js';

const STDOUT = 1;
const writeOut = process.stdout.write.bind(process.stdout);
/** An archive has been written there, by a stream of its own that has ended. */
let stdoutIsOver = false;

/**
 * Where a command's words go: results to stdout, everything else to stderr. What the host's own code prints while it is
 * booted would spoil an archive or JSON on stdout, so it is sent to stderr as well, or when quiet nowhere. Whatever reaches
 * it holds names of others, which must not command the terminal.
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

  /** Since the command began. */
  get milliseconds(): number {
    return Math.round(performance.now() - this.begun);
  }

  /** What people read; nothing when quiet. */
  result(text: string): void {
    if (!this.quiet) this.write(text);
  }

  /** What was asked for by name, and is said even when quiet. */
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

  /** Warnings and errors are said even when quiet. */
  warn(text: string): void {
    const line = `${visibleLines(text)}\n`;
    this.said += line;
    process.stderr.write(line);
  }

  /** Before an archive is made that is to go there. @throws BackupError `ARCHIVE_FAILED` */
  refuseClosedStdout(): void {
    if (stdoutWasClosed())
      throw archiveFailed('stdout, where it was to go, is closed', undefined, 'Redirect it, or name a file with -o.');
  }

  /** The real stdout as a stream of bytes; it waits for its reader, a pipe say, and holds nothing else up meanwhile. */
  stdout(): Writable {
    this.archiveOnStdout = true;
    stdoutIsOver = true;
    const stats = fstatSync(STDOUT);
    // `process.stdout` has made a pipe non-blocking, so that a file stream would fail as soon as its reader is slow.
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

/** Words that nobody can take any more (their reader has left, the disk is full) must not end what is being done. */
export function outliveReaders(): void {
  process.stdout.on('error', (error) => (lost ??= error));
  process.stderr.on('error', () => {});
}

/** Why results could not be written; undefined when they were, or when their reader has had enough. */
export function lostResults(): string | undefined {
  return lost?.code === 'EPIPE' ? undefined : lost?.code;
}

/** Resolves when everything that was said is with its reader, or when that is gone. */
export async function flushed(): Promise<void> {
  const writes = [...(stdoutIsOver ? [] : [writeOut]), process.stderr.write.bind(process.stderr)];
  await Promise.all(writes.map((write) => new Promise((resolve) => write('', resolve))));
}

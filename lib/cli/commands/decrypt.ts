import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { SegmentDecryptor } from '../../crypto/segment-cipher.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { manifestName } from '../../store/stored-names.js';
import { findAesKey, KEY_VARIABLE, type KeyOptions } from '../archive/aes-key.js';
import { beginsPlain } from '../archive/archive-file.js';
import { OutputFile, outputPath } from '../archive/output-file.js';
import { ExitCode } from '../exit-codes.js';
import { sayDone } from '../output/conclude.js';
import { Progress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

const LIES_IN_CLEAR =
  'Warning: the decrypted archive is unencrypted, and among stored backups nothing removes it: move it away, or use -o.';

interface DecryptOptions extends KeyOptions {
  readonly output?: string;
}

/** Writes the unencrypted ZIP to a file that appears only when every segment was authenticated, or to stdout. */
export async function decrypt(terminal: Terminal, options: DecryptOptions, file: string): Promise<ExitCode> {
  const key = await findAesKey(options);
  if (key || file !== '-') await refusePlain(file);
  if (!key) throw wrongUsage('decrypt needs the AES key', `Set ${KEY_VARIABLE}, or use --key-file or --key -.`);
  const output = options.output ?? defaultOutput(file);
  if (output === '-') terminal.refuseClosedStdout();
  const { stream, total } = file === '-' ? { stream: process.stdin, total: null } : await openFile(file);
  const target = output === '-' ? undefined : await OutputFile.prepare(outputPath(output));
  const plain = new SegmentDecryptor(key);
  const progress = new Progress(terminal, 'Decryption');
  let done = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      yield chunk;
      progress.update({ name: file === '-' ? '' : file, work: { done: (done += chunk.length), total } });
    }
  };
  try {
    // The reader sees errors from either side.
    pipeline(stream, counted, plain, () => {});
    if (!target) {
      await terminal.send(plain);
    } else {
      await target.write(resolve(output), plain);
      progress.stop();
      terminal.result(resolve(output));
      if (liesBeside(file, output)) terminal.warn(LIES_IN_CLEAR);
    }
    progress.stop();
    sayDone(terminal);
    return ExitCode.DONE;
  } finally {
    progress.stop();
    await target?.close();
  }
}

/** Whether the archive is in a destination, and its content was written there unencrypted. */
function liesBeside(file: string, output: string): boolean {
  return file !== '-' && existsSync(manifestName(file)) && dirname(resolve(output)) === dirname(resolve(file));
}

/** @throws BackupError `WRONG_USAGE` for an archive that anything that reads ZIP files can open as it is */
async function refusePlain(file: string): Promise<void> {
  if (!(await beginsPlain(file))) return;
  const problem = `${file === '-' ? 'the archive' : `"${file}"`} is not encrypted, so there is nothing to decrypt`;
  throw wrongUsage(problem, 'Use it as it is.');
}

async function openFile(path: string): Promise<{ stream: Readable; total: number | null }> {
  const stream = createReadStream(path);
  try {
    await once(stream, 'readable');
    const stats = await stat(path);
    return { stream, total: stats.isFile() ? stats.size : null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw archiveInvalid(`"${path}" cannot be read (${code})`, error, 'Check the path.');
  }
}

function defaultOutput(file: string): string {
  if (file === '-') return '-';
  if (file.endsWith('.crypt')) return file.slice(0, -'.crypt'.length);
  throw wrongUsage(`"${file}" does not end in .crypt`, 'Name the output with -o.');
}

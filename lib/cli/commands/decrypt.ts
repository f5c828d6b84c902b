import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { AgeDecryptor } from '../../crypto/age/age-decryptor.js';
import type { Identities } from '../../crypto/age/identities.js';
import { SegmentDecryptor } from '../../crypto/segment-cipher.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { ENCRYPTED_ENDINGS, manifestName } from '../../store/stored-names.js';
import { findAesKey, KEY_VARIABLE } from '../archive/aes-key.js';
import { beginningOf, beginsPlain, encryptionIn } from '../archive/archive-file.js';
import { findIdentities, IDENTITY_VARIABLE } from '../archive/identity.js';
import type { OpeningOptions } from '../archive/opening-options.js';
import { OutputFile, outputPath } from '../archive/output-file.js';
import { ExitCode } from '../exit-codes.js';
import { sayDone } from '../output/conclude.js';
import { Progress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

const LIES_IN_CLEAR =
  'Warning: the decrypted archive is unencrypted, and among stored backups nothing removes it: move it away, or use -o.';

const REMEDY = `Use --key-file, --key - or ${KEY_VARIABLE}; or --identity or ${IDENTITY_VARIABLE} for what was encrypted to recipients.`;

interface DecryptOptions extends OpeningOptions {
  readonly output?: string;
}

/** Writes the unencrypted ZIP to a file that appears only when every segment was authenticated, or to stdout. */
export async function decrypt(terminal: Terminal, options: DecryptOptions, file: string): Promise<ExitCode> {
  const key = await findAesKey(options);
  const identities = await findIdentities(options);
  const isAnyGiven = key !== undefined || identities !== undefined;
  if (isAnyGiven || file !== '-') await refusePlain(file);
  if (!isAnyGiven) throw wrongUsage('decrypt needs the AES key or the identity', REMEDY);
  const output = options.output ?? defaultOutput(file);
  if (output === '-') terminal.refuseClosedStdout();
  const { stream, total } = file === '-' ? { stream: process.stdin, total: null } : await openFile(file);
  const plain = await decryptorFor(stream, key, identities);
  const target = output === '-' ? undefined : await OutputFile.prepare(outputPath(output));
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

/** The one that fits the archive; with only one thing given, that which says why it does not fit. */
async function decryptorFor(
  stream: Readable,
  key: Buffer | undefined,
  identities: Identities | undefined,
): Promise<Transform> {
  if (!key) return new AgeDecryptor(identities!);
  const isAge = identities !== undefined && encryptionIn(await beginningOf(stream)) === 'age';
  return isAge ? new AgeDecryptor(identities) : new SegmentDecryptor(key);
}

/** Whether the archive is in a destination, and its content was written there unencrypted. */
function liesBeside(file: string, output: string): boolean {
  return file !== '-' && existsSync(manifestName(file)) && dirname(resolve(output)) === dirname(resolve(file));
}

/** @throws BackupError `ARCHIVE_INVALID` for an archive that anything that reads ZIP files can open as it is */
async function refusePlain(file: string): Promise<void> {
  if (!(await beginsPlain(file))) return;
  const problem = `${file === '-' ? 'the archive' : `"${file}"`} is not encrypted, so there is nothing to decrypt`;
  throw archiveInvalid(problem, undefined, 'Use it as it is.');
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
  const ending = ENCRYPTED_ENDINGS.find((one) => file.endsWith(one));
  if (ending !== undefined) return file.slice(0, -ending.length);
  throw wrongUsage(`"${file}" does not end in ${ENCRYPTED_ENDINGS.join(' or ')}`, 'Name the output with -o.');
}

import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { openFileSource } from '../../archive/file-source.js';
import { isEncrypted, openDecrypted } from '../../crypto/decrypted-source.js';
import { HEADER_BYTES } from '../../crypto/segment-format.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { storedReference } from './archive-argument.js';

/** A name that does not look like a path or a file. */
const BARE = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** @throws BackupError `ARCHIVE_INVALID` for a file that does not exist */
export async function refuseMissing(argument: string): Promise<void> {
  if (argument === '-' || storedReference(argument)) return;
  await stat(argument).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') return;
    const remedy = BARE.test(argument)
      ? `A backup in a destination is DESTINATION:ID: ${argument}:latest, or one of those that "list" shows.`
      : 'Correct the path.';
    throw archiveInvalid(`there is no file "${argument}"`, undefined, remedy);
  });
}

/** Whether an archive, "-" or a file, begins like an encrypted one. What was read of standard input is pushed back. */
export async function beginsEncrypted(argument: string): Promise<boolean> {
  if (argument !== '-') return isRegular(argument).then((regular) => regular && withSource(argument, isEncrypted));
  return (await beginningOfInput())?.[0] === HEADER_BYTES;
}

/** Whether it begins like an unencrypted ZIP instead; false for what is not a file. */
export async function beginsPlain(argument: string): Promise<boolean> {
  if (argument === '-') return isZip(await beginningOfInput());
  const stats = await stat(argument).catch(() => undefined);
  if (!stats?.isFile()) return false;
  return withSource(argument, async (source) => source.size >= 4 && isZip(await source.read(0, 4)));
}

/** What begins like one is not an encrypted archive, whose first byte is another. */
function isZip(beginning: Buffer | null): boolean {
  return beginning?.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) === true;
}

async function beginningOfInput(): Promise<Buffer | null> {
  const { stdin } = process;
  if (stdin.readableLength === 0) await Promise.race([once(stdin, 'readable'), once(stdin, 'end')]);
  const first = stdin.read() as Buffer | null;
  if (first !== null) stdin.unshift(first);
  return first;
}

/**
 * Checks, before an application is booted, what can be known of an archive without one: that a file exists, and that the key
 * opens it.
 * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`
 */
export async function refuseUnreadable(argument: string, key: Buffer | undefined): Promise<void> {
  if (argument === '-' || storedReference(argument) || !(await isRegular(argument))) return;
  await withSource(argument, async (source) => {
    if (key) await openDecrypted(source, key);
  });
}

/** A pipe can be read only once. */
async function isRegular(path: string): Promise<boolean> {
  return !(await stat(path)).isFIFO();
}

async function withSource<Result>(
  path: string,
  work: (source: Awaited<ReturnType<typeof openFileSource>>) => Promise<Result>,
): Promise<Result> {
  const source = await openFileSource(path);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

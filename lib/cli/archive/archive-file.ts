import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { openFileSource } from '../../archive/read/file-source.js';
import { beginsLikeAge } from '../../crypto/age/age-format.js';
import { isAge } from '../../crypto/age/age-source.js';
import type { Encryption } from '../../crypto/archive-key.js';
import { isEncrypted, openEncrypted } from '../../crypto/decrypted-source.js';
import { HEADER_BYTES } from '../../crypto/segment-format.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { storedReference } from './archive-argument.js';
import type { FoundKeys } from './opening-options.js';

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

/**
 * How an archive, "-" or a file, is encrypted, as far as its beginning shows; what is no regular file counts as unencrypted.
 * What was read of standard input is pushed back.
 */
export async function encryptionOf(argument: string): Promise<Encryption> {
  if (argument === '-') return encryptionIn(await beginningOf(process.stdin));
  if (!(await isRegular(argument))) return 'none';
  return withSource(argument, async (source) => {
    if (await isAge(source)) return 'age';
    return (await isEncrypted(source)) ? 'aes' : 'none';
  });
}

/** How the archive is encrypted that begins so. */
export function encryptionIn(beginning: Uint8Array | null): Encryption {
  if (!beginning) return 'none';
  if (beginning[0] === HEADER_BYTES) return 'aes';
  return beginsLikeAge(beginning) ? 'age' : 'none';
}

/** Whether it begins like an unencrypted ZIP instead; false for what is not a file. */
export async function beginsPlain(argument: string): Promise<boolean> {
  if (argument === '-') return isZip(await beginningOf(process.stdin));
  const stats = await stat(argument).catch(() => undefined);
  if (!stats?.isFile()) return false;
  return withSource(argument, async (source) => source.size >= 4 && isZip(await source.read(0, 4)));
}

/** What begins like one is not an encrypted archive, whose first byte is another. */
function isZip(beginning: Buffer | null): boolean {
  return beginning?.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) === true;
}

/** The first bytes of a stream, which are pushed back; null when there are none. */
export async function beginningOf(stream: Readable): Promise<Buffer | null> {
  let first = stream.read() as Buffer | null;
  if (first === null && !stream.readableEnded) {
    await Promise.race([once(stream, 'readable'), once(stream, 'end')]);
    first = stream.read() as Buffer | null;
  }
  if (first !== null) stream.unshift(first);
  return first;
}

/**
 * Checks, before an application is booted, what can be known of an archive without one: that a file exists, and that what
 * was given opens it.
 * @throws BackupError `ARCHIVE_INVALID`; as `openEncrypted`
 */
export async function refuseUnreadable(argument: string, { aesKey, identity }: FoundKeys): Promise<void> {
  if (argument === '-' || storedReference(argument) || !(await isRegular(argument))) return;
  await withSource(argument, async (source) => {
    await openEncrypted(source, { key: aesKey, identities: identity });
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

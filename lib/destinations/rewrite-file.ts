import { type BigIntStats, constants } from 'node:fs';
import { chmod, chown, lstat, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { FileSource } from '../archive/read/file-source.js';
import { destinationFailed } from '../errors/destination-errors.js';
import type { ByteSource } from '../support/byte-source.js';
import { PartialFile } from '../support/partial-file.js';
import { syncFolder } from '../support/sync-path.js';
import type { Replacement } from './backup-destination.js';

const PIECE_BYTES = 1024 * 1024;
/** The target of a link is another file, and opening a named pipe would block. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Gives a file another beginning: all of it is written to a new file beside it, which takes its place when it is on the
 * disk. It keeps its owner, as far as this user may set that, and then its mode as well; otherwise its mode is 0600.
 * @param temporary part of the name of the new file: letters, digits, ".", "_" and "-"
 * @returns its bytes
 * @throws BackupError `DESTINATION_FAILED` when it is not a file, or somebody has changed it meanwhile; what `change` throws
 */
export async function rewriteFile(
  path: string,
  temporary: string,
  change: (object: ByteSource) => Promise<Replacement>,
  signal?: AbortSignal,
): Promise<number> {
  const before = await lstat(path, { bigint: true });
  if (!before.isFile()) throw destinationFailed(`"${path}" is not a file`);
  const source = new FileSource(await open(path, FLAGS), Number(before.size));
  let partial: PartialFile | undefined;
  try {
    const replacement = await change(source);
    signal?.throwIfAborted();
    partial = await PartialFile.create(dirname(path), temporary);
    const content = Readable.from(rewritten(source, replacement), { objectMode: false });
    const bytes = await partial.fill(content, signal);
    await giveTo(partial.path, before);
    const now = await lstat(path, { bigint: true }).catch(() => undefined);
    if (!now || !isSame(before, now)) {
      throw destinationFailed(`"${path}" was changed by somebody else meanwhile, and is left as it is`);
    }
    signal?.throwIfAborted();
    await rename(partial.path, path);
    await syncFolder(dirname(path));
    return bytes;
  } finally {
    await partial?.discard();
    await source.close();
  }
}

async function* rewritten(source: ByteSource, { bytes, instead }: Replacement): AsyncGenerator<Buffer> {
  yield bytes;
  for (let at = instead; at < source.size; at += PIECE_BYTES) {
    yield await source.read(at, Math.min(PIECE_BYTES, source.size - at));
  }
}

/** A mode that was meant for other users and groups is not given to those of this process. */
async function giveTo(path: string, { uid, gid, mode }: BigIntStats): Promise<void> {
  const isOwn = await chown(path, Number(uid), Number(gid)).then(
    () => true,
    () => false,
  );
  if (isOwn) await chmod(path, Number(mode & 0o7777n));
}

function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.size === other.size && one.mtimeNs === other.mtimeNs;
}

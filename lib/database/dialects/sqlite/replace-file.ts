import { constants, type Stats } from 'node:fs';
import { access, type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Suffix of the file that is written next to the one that it will replace. */
export const REPLACEMENT = '.nestjs-backup-saving';

/**
 * Replaces a file as a whole: the new one is written next to it, synced, then renamed, so that whatever happens the
 * file has either the old content or the new. It keeps its mode and, if this user may set it, its owner; if it is a
 * link, its target is replaced.
 */
export async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const target = await linkTarget(path);
  const beside = target + REPLACEMENT;
  await rm(beside, { force: true }); // Left by a killed process.
  try {
    await write(beside, content, await statIfThere(target));
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/** @throws the system's error when the file could not be replaced */
export async function requireReplaceable(path: string): Promise<void> {
  await access(dirname(await linkTarget(path)), constants.W_OK | constants.X_OK);
}

/** Where a file is that may not exist yet. */
export async function linkTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const next = await readlink(path).catch(() => undefined);
  return next === undefined ? resolve(path) : linkTarget(resolve(dirname(path), next));
}

async function write(path: string, content: Uint8Array, like: Stats | undefined): Promise<void> {
  const file = await open(path, 'wx', like ? 0o600 : 0o666);
  try {
    await file.writeFile(content);
    if (like) await takeAfter(file, like);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The owner first: changing it may clear bits of the mode. */
async function takeAfter(file: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await file.stat();
  if (own.uid !== uid || own.gid !== gid) {
    // An ordinary user can at most give a file to one of their own groups.
    await file.chown(uid, gid).catch(() => file.chown(own.uid, gid).catch(() => {}));
  }
  await file.chmod(mode & 0o7777);
}

function statIfThere(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}

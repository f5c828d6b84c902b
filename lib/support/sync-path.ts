import { open } from 'node:fs/promises';

/** Windows can flush only what is open for writing, and no folders. */
export const SYNCS_BY_PATH = process.platform !== 'win32';

/** Makes sure that the names in a folder survive a power failure. */
export async function syncFolder(path: string | Buffer): Promise<void> {
  if (SYNCS_BY_PATH) await syncPath(path, 'EINVAL', 'ENOTSUP', 'EACCES');
}

/** @param harmless error codes of systems that need no flushing, or allow none */
export async function syncPath(path: string | Buffer, ...harmless: string[]): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!harmless.includes((error as NodeJS.ErrnoException | null)?.code ?? '')) throw error;
  }
}

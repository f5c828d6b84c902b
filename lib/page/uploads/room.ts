import { statfs } from 'node:fs/promises';
import { noRoomForUpload, uploadRefused } from '../../errors/upload-errors.js';
import type { NamedDestination } from '../../store/store-archive.js';

/** The pieces and, for a moment, the whole archive beside them. @throws BackupError `UPLOAD_REFUSED` */
export async function refuseWithoutRoom(
  { name, destination: { directory } }: NamedDestination,
  size: number,
): Promise<void> {
  if (directory === undefined) return;
  const { bavail, bsize } = await statfs(directory);
  const bytes = { needed: 2 * size, free: bavail * bsize };
  if (bytes.needed > bytes.free) throw noRoomForUpload(name, bytes);
}

/** Pieces are deleted when the upload was checked. */
export function lockedPieces(destination: string): Error {
  const problem = `"${destination}" locks what is stored there, so the pieces of an upload could not be deleted`;
  return uploadRefused(problem, 'Choose another destination, or copy the file there with the tools of the provider.');
}

import { BackupError } from '../../dist/errors/backup-error.js';

/** A reader has done what it must never do. */
export class Finding extends Error {}

/**
 * Runs a reader. @returns its result, or undefined when it refused the input as it should
 * @throws Finding for any other error
 */
export async function attempt(codes, read) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Finding) throw error;
    if (!(error instanceof BackupError) || !codes.includes(error.code)) {
      throw new Finding(`It threw ${error?.stack ?? error}`);
    }
    if (error.message.length > 2_000) throw new Finding(`Its message has ${error.message.length} characters.`);
    return undefined;
  }
}

export function must(holds, what) {
  if (!holds) throw new Finding(what);
}

/** Bytes as a source that fails when it is read outside. */
export function sourceOf(bytes) {
  return {
    size: bytes.length,
    async read(position, length) {
      must(position >= 0 && length >= 0 && position + length <= bytes.length, 'It read outside of the archive.');
      return bytes.subarray(position, position + length);
    },
    async close() {},
  };
}

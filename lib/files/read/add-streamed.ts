import type { ArchiveWriter } from '../../archive/archive-writer.js';
import type { EntryAttributes } from '../../archive/entry-attributes.js';
import { FileChangedError, type FileDetails, type StreamedFile } from './read-file.js';

/** How often a large file is read if it is written to each time; what was read of it remains in the ZIP, unlisted. */
const READS = 3;

/** What was added of a file. */
export interface Added {
  readonly bytes: number;
  readonly isGrowing?: boolean;
}

interface StreamedOptions {
  /** What its entry says about it, as of the time when it is read. */
  readonly attributesOf: (details: FileDetails | undefined) => EntryAttributes;
  /** Called with the number of its bytes read so far. */
  readonly onPart?: (bytes: number) => void;
}

/**
 * Adds a file that is read while it is added, and closes it.
 * @returns the reason, if there is no entry for it
 * @throws the archive's error when it fails
 */
export async function addStreamed(
  writer: ArchiveWriter,
  name: string,
  content: StreamedFile,
  { attributesOf, onPart }: StreamedOptions,
): Promise<Added | { readonly error: unknown }> {
  const reads = content.begin ? READS : 1;
  try {
    for (let read = 1; ; read++) {
      const reading: Reading = { bytes: 0, isGrowing: false };
      try {
        const details = await remembered(reading, content.begin?.());
        await writer.addStream(name, remember(content.chunks(), reading, onPart), {
          ...attributesOf(details),
          discardOnError: true,
          confirm: async (crc) => {
            reading.isGrowing = (await remembered(reading, content.confirm?.(crc))) ?? false;
          },
        });
        return { bytes: reading.bytes, isGrowing: reading.isGrowing };
      } catch (error) {
        if (reading.error === undefined) throw error;
        if (error instanceof FileChangedError && read < reads) continue;
        return { error };
      }
    }
  } finally {
    await content.close();
  }
}

interface Reading {
  bytes: number;
  isGrowing: boolean;
  error?: unknown;
}

/** Counts, and distinguishes an error of the source from an error of the archive. */
async function* remember(
  chunks: AsyncIterable<Buffer>,
  reading: Reading,
  onPart?: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      reading.bytes += chunk.length;
      onPart?.(reading.bytes);
      yield chunk;
    }
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

async function remembered<T>(reading: Reading, step: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await step;
  } catch (error) {
    reading.error = error;
    throw error;
  }
}

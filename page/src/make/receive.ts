import { ApiError } from '../api/api-error.js';
import { saveBlob } from '../parts/save-text.js';
import { discard, isAbort, pickFile } from './file-picker.js';

interface Order {
  readonly name: string;
  /** Asks for the archive. */
  readonly open: (signal: AbortSignal) => Promise<Response>;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Saves an archive as a file: straight into the one that the reader chooses, or, where the browser has no such thing,
 * collected by it first. A broken archive leaves no file.
 * @returns false when the reader chose none. @throws ApiError when it breaks
 */
export async function receive({ name, open, onBytes, signal }: Order): Promise<boolean> {
  let file: Awaited<ReturnType<typeof pickFile>>;
  try {
    file = await pickFile(name);
  } catch (error) {
    if (isAbort(error)) return false;
    throw error;
  }
  try {
    const { body } = await open(signal);
    const counted = body!.pipeThrough(counting(onBytes));
    if (file) await counted.pipeTo(await file.createWritable(), { signal });
    else saveBlob(name, await new Response(counted).blob());
    return true;
  } catch (error) {
    if (file) await discard(file);
    if (error instanceof ApiError || signal.aborted) throw error;
    throw new ApiError(0, 'BROKEN_OFF', 'The archive broke off before its end, so nothing was saved.');
  }
}

function counting(onBytes: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      onBytes(bytes);
      controller.enqueue(chunk);
    },
  });
}

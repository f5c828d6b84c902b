/** What TypeScript's library does not know yet: `showSaveFilePicker`, which not every browser has. */
interface PickedFile {
  createWritable(): Promise<WritableStream<Uint8Array>>;
  remove?(): Promise<void>;
}
type Picker = (options: { suggestedName: string }) => Promise<PickedFile>;

const picker = (): Picker | undefined => (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;

/** Whether an archive goes straight into its file; otherwise it is collected by the browser first. */
export const canStream = (): boolean => picker() !== undefined;

/**
 * Asks for the file to write.
 * @returns undefined where this browser cannot do that. @throws AbortError when the reader gave up
 */
export async function pickFile(suggestedName: string): Promise<PickedFile | undefined> {
  try {
    return await picker()?.call(window, { suggestedName });
  } catch (error) {
    // Too long after the click, or not allowed here, as in a frame.
    if (error instanceof DOMException && error.name === 'SecurityError') return undefined;
    throw error;
  }
}

/** Nothing stays of an archive that did not arrive whole. */
export async function discard(file: PickedFile): Promise<void> {
  await file.remove?.().catch(() => {});
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

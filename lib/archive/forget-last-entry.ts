import type { ZipArchive } from 'archiver';

/** The part of archiver's engine (compress-commons) that keeps what will become the ZIP's central directory. */
interface ZipEngine {
  readonly _entries: Array<{ getName(): string }>;
}

/**
 * Leaves the entry that was just written out of the ZIP's central directory, so that no reader finds half a file under
 * its name. archiver has no public way; its engine's list is used, and only when it looks as expected.
 * @returns false when the list is not where it was: the archive must then be broken off
 */
export function forgetLastEntry(archive: ZipArchive, name: string): boolean {
  const { _module } = archive as unknown as { _module?: { engine?: Partial<ZipEngine> } };
  const entries = _module?.engine?._entries;
  if (!Array.isArray(entries) || entries.at(-1)?.getName?.() !== name) return false;
  entries.pop();
  return true;
}

import type { ZipArchive } from 'archiver';

/** The parts of archiver's engine (compress-commons) that archiver has no public way to. */
export interface ZipEngine {
  /** What will become the ZIP's central directory. */
  readonly _entries: Array<{ getName(): string }>;
  readonly _archive: { centralOffset: number; centralLength: number; finished: boolean };
  /** Bytes written so far. */
  readonly offset: number;
  readonly writableNeedDrain: boolean;
  once(event: 'drain', listener: () => void): unknown;
  isZip64(): boolean;
  end(): void;
  _finish(): void;
  _writeCentralFileHeader(entry: unknown): void;
  _writeCentralDirectoryZip64(): void;
  _writeCentralDirectoryEnd(): void;
}

/** Nothing in it is certain to be there: another version of archiver may have another engine. */
export function zipEngine(archive: ZipArchive): Partial<ZipEngine> {
  const { _module } = archive as unknown as { _module?: { engine?: Partial<ZipEngine> } };
  return _module?.engine ?? {};
}

import type { Duplex } from 'node:stream';
import type { Archiver } from 'archiver';

/** An entry as archiver's engine (compress-commons) describes it. */
export interface EngineEntry {
  getName(): string;
  getMethod(): number;
  setMethod(method: number): void;
  getCrc(): number;
  getSize(): number;
  getCompressedSize(): number;
  getVersionNeededToExtract(): number;
  setVersionNeededToExtract(version: number): void;
  getPlatform(): number;
  getTimeDos(): number;
  getInternalAttributes(): number;
  getExternalAttributes(): number;
  getComment(): string;
  getGeneralPurposeBit(): {
    useDataDescriptor(uses: boolean): void;
    usesDataDescriptor(): boolean;
    usesUTF8ForNames(): boolean;
  };
  setCrc(crc: number): void;
  setSize(bytes: number): void;
  setCompressedSize(bytes: number): void;
  readonly extra: Buffer | null;
  readonly _offsets: { file: number };
  isZip64(): boolean;
  setExtra(fields: Buffer): void;
  setUnixMode(mode: number): void;
  /** In the format of a ZIP. */
  time: number;
}

/** What the engine stores about its entries. */
export interface EngineEntries {
  readonly length: number;
  push(entry: EngineEntry): void;
  pop(): void;
  at(index: -1): EngineEntry | undefined;
}

type Appended = (error: unknown, entry: EngineEntry) => void;

/**
 * The parts of the engine that archiver does not expose: those of archiver 7.0.1, which package.json pins, on top of
 * zip-stream 6.0.1 and compress-commons 6.0.2. It is the last major version of archiver that can be loaded with
 * `require`.
 */
export interface ZipEngine extends Duplex {
  /** What will become the ZIP's central directory. */
  _entries: EngineEntries;
  readonly _archive: { centralOffset: number; centralLength: number; finished: boolean };
  /** Bytes written so far. */
  offset: number;
  write(chunk: Buffer | string): boolean;
  isZip64(): boolean;
  _normalizeEntry(entry: EngineEntry): void;
  _finish(): void;
  _appendBuffer(entry: EngineEntry, bytes: Buffer, callback: Appended): void;
  _smartStream(entry: EngineEntry, callback: Appended): Duplex;
  _afterAppend(entry: EngineEntry): void;
  _writeLocalFileHeader(entry: EngineEntry): void;
  _writeCentralFileHeader(entry: EngineEntry): void;
  _writeCentralDirectoryZip64(): void;
  _writeCentralDirectoryEnd(): void;
}

/** Nothing in it is guaranteed to exist: another version of archiver may have another engine. */
export function zipEngine(archive: Archiver): Partial<ZipEngine> {
  const { _module } = archive as unknown as { _module?: { engine?: Partial<ZipEngine> } };
  return _module?.engine ?? {};
}

/**
 * Removes the entry just written from the ZIP's central directory, so that no reader finds half a file under its name.
 * archiver has no public way to do this; its engine's list is used, and only when it looks as expected.
 * @returns false when the list is not where it should be: the archive must then be aborted
 */
export function forgetLastEntry(archive: Archiver, name: string): boolean {
  const { _entries: entries } = zipEngine(archive);
  if (entries?.at?.(-1)?.getName?.() !== name) return false;
  entries.pop();
  return true;
}

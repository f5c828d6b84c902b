import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ArchiveLimits } from '../../archive/archive-limits.js';
import { DATABASE_ENTRY, MANIFEST_ENTRY, MIGRATIONS_ENTRY, VERSION_ENTRY } from '../../archive/entry-names.js';
import { sha256Of } from '../../archive/files-digest.js';
import { ArchiveReader } from '../../archive/read/archive-reader.js';
import type { ArchiveEntry } from '../../archive/read/entry-table.js';
import { openFileSource } from '../../archive/read/file-source.js';
import { spool } from '../../archive/read/spool.js';
import { type OpeningKeys, openEncrypted } from '../../crypto/decrypted-source.js';
import type { TrustedSigners } from '../../crypto/signature/trusted-signers.js';
import type { MigrationsRecord } from '../../database/migrations/record.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { type LineSource, StreamedLines } from '../../jsonl/line-source.js';
import { tableScan } from '../../jsonl/parser.js';
import { ThreadedLines } from '../../jsonl/thread/threaded-lines.js';
import { type BackupManifest, parseManifest, parseMigrations } from '../../manifest/manifest.js';
import type { ByteSource } from '../../support/byte-source.js';
import { displayName } from '../../support/visible-text.js';
import type { ArchiveSignature } from './archive-signature.js';
import { checkEntries, type DataEntry, dataEntries } from './check-entries.js';
import { readSignature, refuseUntrusted } from './check-signature.js';

/** Fewer bytes of lines are read before a thread has started. */
const WORTH_A_THREAD = 1024 * 1024;

export interface OpenArchiveOptions extends OpeningKeys {
  /** The backup that it must be. */
  readonly id?: string;
  /** Who must have signed it; null when nobody has to. */
  readonly signers?: TrustedSigners | null;
  /** Opens an archive that none of them has signed, too, and says so. @default false */
  readonly anySigner?: boolean;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<ArchiveLimits>;
  /** Where a stream is kept meanwhile. Default: the system's directory for temporary files. */
  readonly spoolDirectory?: string;
}

/** An archive whose directory and manifest were checked; its content is checked as it is read. */
export class OpenedArchive {
  constructor(
    private readonly reader: ArchiveReader,
    readonly manifest: BackupManifest,
    readonly migrations: MigrationsRecord,
    /** The content of `VERSION`. */
    readonly appVersion: string,
    readonly encrypted: boolean,
    /** Null when it is not signed. */
    readonly signature: ArchiveSignature | null,
  ) {}

  /** Of the archive as a plain ZIP, in bytes. */
  get size(): number {
    return this.reader.size;
  }

  /** Of all rows as lines, uncompressed, in bytes. */
  get lineBytes(): number {
    return this.reader.find(DATABASE_ENTRY)!.size;
  }

  get limits(): ArchiveLimits {
    return this.reader.limits;
  }

  /** All entries, the archive's own included. */
  entries(): Iterable<ArchiveEntry> {
    return this.reader.entries();
  }

  /** What belongs into the data directories. */
  dataEntries(): Iterable<DataEntry> {
    return dataEntries(this.reader);
  }

  /** The content of an entry; instead of its end comes an error if it is not what was declared. */
  read(entry: ArchiveEntry): Readable {
    return this.reader.read(entry);
  }

  /** As `read`, without a stream around it: faster for many small files. */
  chunks(entry: ArchiveEntry): AsyncGenerator<Buffer> {
    return this.reader.chunks(entry);
  }

  /** All of the content of a small entry: faster still. */
  bytes(entry: ArchiveEntry): Promise<Buffer> {
    return this.reader.bytes(entry);
  }

  /**
   * The rows, for `readTables`.
   * @param findValues whether a thread, where there is one, also finds the values of the lines
   */
  async readLines({ findValues = false } = {}): Promise<LineSource> {
    const { lineBytes } = this.limits;
    const entry = this.reader.find(DATABASE_ENTRY)!;
    if (entry.size < WORTH_A_THREAD) return new StreamedLines(this.reader.read(entry), lineBytes);
    const rows = this.manifest.tables.map((table) => table.rows);
    const packed = await this.reader.packed(entry);
    try {
      const find = findValues ? this.manifest.tables.map((table) => tableScan(table).lines) : undefined;
      return new ThreadedLines(packed, rows, lineBytes, find);
    } catch {
      // Node's permission model may allow no threads.
      return new StreamedLines(this.reader.read(entry), lineBytes);
    }
  }

  async close(): Promise<void> {
    await this.reader.close();
  }
}

/**
 * Opens an archive in place; a stream, or a pipe, is kept first, encrypted if it came so. A source is closed with it, and
 * when it cannot be opened.
 * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `ABORTED`; `SIGNATURE_INVALID`, `SIGNATURE_MISSING`,
 *   `SIGNATURE_UNTRUSTED`; as `openEncrypted`; or `ARCHIVE_FAILED` (no room for a stream)
 */
export async function openArchive(
  from: string | Readable | ByteSource,
  options: OpenArchiveOptions = {},
): Promise<OpenedArchive> {
  const { id, limits, signal, signers = null, anySigner } = options;
  const stored = await openSource(from, options);
  let source = stored;
  try {
    source = await openEncrypted(stored, options);
    const reader = await ArchiveReader.open(source, { limits, signal });
    const text = await reader.readText(MANIFEST_ENTRY);
    const manifest = parseManifest(text);
    const signature = await readSignature(reader, text, manifest, signers);
    if (!anySigner) refuseUntrusted(signature, signers);
    if (id !== undefined && manifest.id !== id) throw archiveInvalid(`it is not backup ${id}`);
    const [version, migrated] = [await reader.readText(VERSION_ENTRY), await reader.readText(MIGRATIONS_ENTRY)];
    checkDigests(manifest, { [VERSION_ENTRY]: version, [MIGRATIONS_ENTRY]: migrated });
    const migrations = parseMigrations(migrated);
    await checkEntries(reader, manifest);
    return new OpenedArchive(reader, manifest, migrations, version, source !== stored, signature);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** @param texts of the entries that `digests` is about */
function checkDigests({ digests }: BackupManifest, texts: Required<BackupManifest>['digests']): void {
  for (const name of [VERSION_ENTRY, MIGRATIONS_ENTRY] as const) {
    const found = `sha256:${sha256Of(Buffer.from(texts[name])).toString('hex')}`;
    if (!digests || digests[name] === found) continue;
    throw archiveInvalid(`its entry ${displayName(name)} is not the one that the manifest digests`);
  }
}

async function openSource(
  from: string | Readable | ByteSource,
  { signal, spoolDirectory }: OpenArchiveOptions,
): Promise<ByteSource> {
  const options = { signal, directory: spoolDirectory };
  if (typeof from !== 'string') return 'pipe' in from ? spool(from, options) : from;
  const isPipe = await stat(from).then(
    (stats) => stats.isFIFO(),
    () => false,
  );
  return isPipe ? spool(createReadStream(from), options) : openFileSource(from);
}

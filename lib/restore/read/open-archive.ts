import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ArchiveLimits } from '../../archive/archive-limits.js';
import { DATABASE_ENTRY, MANIFEST_ENTRY, MIGRATIONS_ENTRY, VERSION_ENTRY } from '../../archive/entry-names.js';
import { ArchiveReader } from '../../archive/read/archive-reader.js';
import type { ArchiveEntry } from '../../archive/read/entry-table.js';
import { openFileSource } from '../../archive/read/file-source.js';
import { spool } from '../../archive/read/spool.js';
import { type OpeningKeys, openEncrypted } from '../../crypto/decrypted-source.js';
import type { MigrationsRecord } from '../../database/migrations/record.js';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { type LineSource, StreamedLines } from '../../jsonl/line-source.js';
import { ThreadedLines } from '../../jsonl/thread/threaded-lines.js';
import { type BackupManifest, parseManifest, parseMigrations } from '../../manifest/manifest.js';
import type { ByteSource } from '../../support/byte-source.js';
import { checkEntries, type DataEntry, dataEntries } from './check-entries.js';

/** Fewer bytes of lines are read before a thread has started. */
const WORTH_A_THREAD = 1024 * 1024;

export interface OpenArchiveOptions extends OpeningKeys {
  /** The backup that it must be. */
  readonly id?: string;
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

  /** The rows, for `readTables`. */
  async readLines(lineBytes = this.limits.lineBytes): Promise<LineSource> {
    const entry = this.reader.find(DATABASE_ENTRY)!;
    if (entry.size < WORTH_A_THREAD) return new StreamedLines(this.reader.read(entry), lineBytes);
    const rows = this.manifest.tables.map((table) => table.rows);
    const packed = await this.reader.packed(entry);
    try {
      return new ThreadedLines(packed, rows, lineBytes);
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
 * @throws BackupError `ARCHIVE_INVALID`, `DECRYPTION_FAILED`, `ABORTED`; as `openEncrypted`; or `ARCHIVE_FAILED` (no room for a stream)
 */
export async function openArchive(
  from: string | Readable | ByteSource,
  options: OpenArchiveOptions = {},
): Promise<OpenedArchive> {
  const { id, limits, signal } = options;
  const stored = await openSource(from, options);
  let source = stored;
  try {
    source = await openEncrypted(stored, options);
    const reader = await ArchiveReader.open(source, { limits, signal });
    const manifest = parseManifest(await reader.readText(MANIFEST_ENTRY));
    if (id !== undefined && manifest.id !== id) throw archiveInvalid(`it is not backup ${id}`);
    const migrations = parseMigrations(await reader.readText(MIGRATIONS_ENTRY));
    await checkEntries(reader, manifest);
    return new OpenedArchive(reader, manifest, migrations, await reader.readText(VERSION_ENTRY), source !== stored);
  } catch (error) {
    await source.close();
    throw error;
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

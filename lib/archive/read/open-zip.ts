import { setImmediate } from 'node:timers/promises';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { archiveInvalid } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { aborted } from '../../errors/run-errors.js';
import type { ByteSource } from '../../support/byte-source.js';
import { displayName } from '../../support/visible-text.js';
import type { ArchiveLimits } from '../archive-limits.js';
import { checkedEntry } from './check-entry.js';
import { checkLayout } from './check-layout.js';
import { directoryBounds } from './directory-end.js';
import { EntryTable } from './entry-table.js';
import { ReadWindow } from './read-window.js';
import { YauzlSource } from './yauzl-source.js';

const RECORD_BYTES = 46;
const ENTRIES_AT_A_TIME = 500;

/** A ZIP whose central directory was read and checked. */
export interface OpenedZip {
  readonly zip: ZipFile;
  readonly window: ReadWindow;
  readonly entries: EntryTable;
  /** Where the central directory starts. */
  readonly end: number;
}

/** @throws BackupError `ARCHIVE_INVALID` */
export async function openZip(source: ByteSource, limits: ArchiveLimits, signal?: AbortSignal): Promise<OpenedZip> {
  const window = new ReadWindow(source);
  const zip = await findDirectory(source, window);
  const { offset, entries: count, bytes } = await directoryBounds(zip, window, source.size, limits);
  const entries = new EntryTable(count, bytes - count * RECORD_BYTES);
  try {
    for await (const entry of zip.eachEntry()) {
      const { name, record } = checkedEntry(entry, entries.length + 1, limits);
      if (!entries.add(name, record)) {
        throw archiveInvalid(`its entry ${displayName(name.toString('utf8'))} appears twice`);
      }
      if (entries.length % ENTRIES_AT_A_TIME === 0) {
        await setImmediate();
        if (signal?.aborted) throw aborted(signal.reason);
      }
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const place = `entry ${entries.length + 1} of ${count}`;
    throw archiveInvalid(`its directory is damaged at ${place}: ${(error as Error).message}`, error);
  }
  if ((zip.readEntryCursor as unknown as number) !== offset + bytes) {
    throw archiveInvalid(`its directory is damaged: it does not have ${count} entries`);
  }
  await checkLayout(entries, offset, limits.expandedBytes);
  return { zip, window, entries, end: offset };
}

async function findDirectory(source: ByteSource, window: ReadWindow): Promise<ZipFile> {
  try {
    const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
    return await fromRandomAccessReaderPromise(new YauzlSource(window), source.size, options);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw notZip(await window.read(0, 4), error);
  }
}

const NO_KEY =
  'Pass the key with --key-file, --key - or BACKUP_AES_KEY (in code aesKey), or name the application that has it with --app.';

const NO_IDENTITY =
  'Pass the identity file of one of the recipients with --identity or BACKUP_IDENTITY (in code identity).';

function notZip(beginning: Buffer, cause: unknown): BackupError {
  const hex = beginning.toString('hex');
  // A zstd frame starts with the same byte.
  const isEncrypted = hex.startsWith('28') && hex !== '28b52ffd';
  if (isEncrypted) return archiveInvalid('it looks encrypted, and no AES key was given', undefined, NO_KEY);
  return beginning.toString('latin1') === 'age-'
    ? archiveInvalid('it looks encrypted to recipients, and no identity was given', undefined, NO_IDENTITY)
    : archiveInvalid(whatElse(hex), cause);
}

/** What a file that does not end like a ZIP may be. */
function whatElse(hex: string): string {
  if (hex === '') return 'it is empty';
  if (hex.startsWith('504b')) return 'it is truncated or damaged: the directory at the end of the ZIP cannot be found';
  return 'it is not a ZIP archive';
}

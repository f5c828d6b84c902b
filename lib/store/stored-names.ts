import { parseUtcTime } from '../support/utc-time.js';

/**
 * What a destination holds of one backup: the archive, `backup-<UTC time>-<id>.zip`, `….zip.crypt` or
 * `….zip.age`, and, written after it, its manifest under the same name with `.json` appended. An archive without a manifest was not stored
 * completely. For each restore test it passed there is one more object, `….restore-test-<UTC time>.json`.
 */
export interface StoredName {
  readonly archive: string;
  readonly id: string;
  readonly createdAt: Date;
  readonly encrypted: boolean;
}

/** Which part of a backup an object is. */
export interface StoredPart extends StoredName {
  readonly part: 'archive' | 'manifest' | 'restore-test';
  /** For a restore test: when it succeeded. */
  readonly testedAt?: Date;
}

const ARCHIVE = /^backup-(\d{8}T\d{6}Z)-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.zip(\.crypt|\.age)?$/;
/** What encryption appends to the name of an archive. */
export const ENCRYPTED_ENDINGS = ['.crypt', '.age'] as const;

const MANIFEST_END = '.json';
const TEST_END = /\.restore-test-(\d{8}T\d{6}Z)\.json$/;

/**
 * Whether an archive that can be opened was certainly made by somebody who has its key, which is secret. One that is
 * encrypted to recipients proves nothing: they are public, and anyone can make another one.
 */
export function provesItsMaker(archive: string): boolean {
  return archive.endsWith('.crypt');
}

/** Whether an archive is encrypted to recipients, by its name. */
export function isForRecipients(archive: string): boolean {
  return archive.endsWith('.age');
}

/** Where an archive is stored that would be named `filename` over HTTP. */
export function archiveName(filename: string, id: string): string {
  return filename.replace('.zip', `-${id}.zip`);
}

export function manifestName(archive: string): string {
  return `${archive}${MANIFEST_END}`;
}

/** @param at when it passed the restore test */
export function restoreTestName(archive: string, at: Date): string {
  return `${archive}.restore-test-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.json`;
}

/** The backup that an object belongs to, and which part of it; undefined for unrelated objects. */
export function parseStoredName(object: string): StoredPart | undefined {
  const [ending, tested] = TEST_END.exec(object) ?? [];
  if (ending !== undefined) {
    const testedAt = timeOf(tested!);
    const stored = parseArchive(object.slice(0, -ending.length));
    return stored && testedAt && { ...stored, part: 'restore-test', testedAt };
  }
  if (!object.endsWith(MANIFEST_END)) return withPart(parseArchive(object), 'archive');
  return withPart(parseArchive(object.slice(0, -MANIFEST_END.length)), 'manifest');
}

function withPart(stored: StoredName | undefined, part: 'archive' | 'manifest'): StoredPart | undefined {
  return stored && { ...stored, part };
}

function parseArchive(archive: string): StoredName | undefined {
  const [, time, id, ending] = ARCHIVE.exec(archive) ?? [];
  const createdAt = time === undefined ? undefined : timeOf(time);
  return createdAt && { archive, id: id!, createdAt, encrypted: ending !== undefined };
}

/** Parses `20261123T073357Z`. */
function timeOf(text: string): Date | undefined {
  return parseUtcTime(text.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
}

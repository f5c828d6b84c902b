/**
 * What a destination holds of one backup: the archive, `backup-<UTC time>-<id>.zip` or `….zip.crypt`, and, written after
 * it, its manifest under the same name with `.json` behind. An archive without a manifest was not stored completely.
 */
export interface StoredName {
  readonly archive: string;
  readonly id: string;
  readonly createdAt: Date;
  readonly encrypted: boolean;
}

const ARCHIVE =
  /^backup-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.zip(\.crypt)?$/;
const MANIFEST_END = '.json';

/** Where an archive lies that over HTTP would be called `filename`. */
export function archiveName(filename: string, id: string): string {
  return filename.replace('.zip', `-${id}.zip`);
}

export function manifestName(archive: string): string {
  return `${archive}${MANIFEST_END}`;
}

/** The archive that an object is, or belongs to; undefined for objects of others. */
export function parseStoredName(object: string): StoredName | undefined {
  const archive = object.endsWith(MANIFEST_END) ? object.slice(0, -MANIFEST_END.length) : object;
  const [, year, month, day, hour, minute, second, id, crypt] = ARCHIVE.exec(archive) ?? [];
  if (id === undefined) return undefined;
  const createdAt = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(createdAt.getTime()) ? undefined : { archive, id, createdAt, encrypted: crypt !== undefined };
}

import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Replacement } from '../destinations/backup-destination.js';
import { explain } from '../errors/explain.js';
import type { S3Connection } from './connection.js';
import { copySourceOf, MultipartUpload } from './multipart-upload.js';
import { lockIn, WITHOUT_END } from './object-lock.js';
import { MOST_PARTS } from './part-sizes.js';
import type { FetchRange } from './range-source.js';
import { s3Failure } from './s3-errors.js';
import { putBytes } from './upload.js';
import type { UploadOptions, UploadTarget } from './upload-target.js';

const MIB = 1024 * 1024;
/** S3 accepts no smaller part, except for the last one. */
const LEAST_PART_BYTES = 5 * MIB;
/** Some servers send nothing while they copy a part, so none may take long. */
const COPIED_BYTES = 256 * MIB;

/** An object as it is, and as much of it as is needed. */
export interface FormerObject {
  readonly head: HeadObjectCommandOutput;
  readonly fetch: FetchRange;
}

/**
 * Gives an object another beginning. That and the next bytes, 5 MiB in all or `partBytes`, pass through this process; the
 * rest is copied by the server. The object is replaced when all is there, if it is still the same one.
 * @returns its bytes
 */
export async function rewriteObject(
  connection: S3Connection,
  place: UploadTarget,
  { head, fetch }: FormerObject,
  { bytes, instead }: Replacement,
  { partBytes, signal }: Pick<UploadOptions, 'partBytes' | 'signal'>,
): Promise<number> {
  const { ContentLength: size = 0, ETag: etag } = head;
  const room = Math.max(0, (partBytes ?? LEAST_PART_BYTES) - bytes.length);
  const moved = Math.min(size, instead + room);
  const beginning = moved > instead ? Buffer.concat([bytes, await fetch(instead, moved)]) : bytes;
  const options = { signal, replace: true, ifMatch: etag };
  if (moved === size) return putBytes(connection, place, beginning, options);
  const from = copySourceOf(place.Bucket, place.Key!);
  const step = partBytes ?? Math.max(COPIED_BYTES, Math.ceil(size / (MOST_PARTS - 1)));
  const upload = await MultipartUpload.begin(connection, place, options);
  try {
    let number = 1;
    await upload.send({ number, bytes: beginning, isLast: false });
    for (let start = moved; start < size; start += step) {
      await upload.copy({ number: ++number, from, start, end: Math.min(size, start + step), etag });
    }
    await upload.complete();
    return upload.bytes;
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** What an object keeps when it is rewritten. Its lock stays as long as it was, and is not prolonged. */
export function keptOf(head: HeadObjectCommandOutput) {
  const { Metadata, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetainUntilDate: until } = head;
  const isLocked = until !== undefined && until > new Date();
  return { Metadata, ObjectLockLegalHoldStatus, ...(isLocked && { ObjectLockMode, ObjectLockRetainUntilDate: until }) };
}

/**
 * In a bucket with versions, what was replaced is still there, and opens as before.
 * @returns why it could not be deleted, with its version; undefined when nothing is left of it
 */
export async function removeFormer(
  { sdk, client }: S3Connection,
  at: { readonly Bucket: string; readonly Key: string },
  former: HeadObjectCommandOutput,
): Promise<string | undefined> {
  const { VersionId } = former;
  if (VersionId === undefined) return undefined;
  const which = `version ${VersionId} of "${at.Key}"`;
  const until = lockIn(former);
  if (until && until > new Date()) {
    return `${which} ${until === WITHOUT_END ? 'is under a legal hold' : `is locked until ${until.toISOString()}`}`;
  }
  try {
    const now = await client.send(new sdk.HeadObjectCommand(at));
    // Where versions are suspended, the new object has taken the place of this version.
    if (now.VersionId !== VersionId) await client.send(new sdk.DeleteObjectCommand({ ...at, VersionId }));
    return undefined;
  } catch (error) {
    return `${which} could not be deleted (${explain(s3Failure(at.Bucket, error))})`;
  }
}

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { destinationFailed } from '../errors/destination-errors.js';
import type { S3Connection } from './connection.js';
import { MultipartUpload } from './multipart-upload.js';
import { OwnObject } from './own-object.js';
import { MOST_PARTS, partBytes } from './part-sizes.js';
import { type Part, partsOf } from './parts.js';
import { checkEncryption, type UploadOptions, type UploadTarget } from './upload-target.js';

/**
 * Uploads a stream as an object that exists only when it is complete. Memory: three parts. Nothing is left of a failed
 * upload, unless the server no longer answers.
 * @returns its size in bytes
 */
export async function upload(
  connection: S3Connection,
  place: UploadTarget,
  content: Readable,
  options: UploadOptions,
): Promise<number> {
  const { partBytes: fixed } = options;
  const parts = partsOf(content, (part) => fixed ?? partBytes(part));
  const first = (await parts.next()).value as Part;
  if (first.isLast) return putBytes(connection, place, first.bytes, options);
  const upload = await MultipartUpload.begin(connection, place, options);
  try {
    await upload.send(first);
    for await (const part of parts) {
      if (part.number > MOST_PARTS) {
        throw destinationFailed(`it has more than ${MOST_PARTS} parts of ${fixed} bytes (partBytes)`);
      }
      await upload.send(part);
    }
    await upload.complete();
    return upload.bytes;
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** The same for a buffer, in one request. */
export async function putBytes(
  connection: S3Connection,
  place: UploadTarget,
  bytes: Buffer,
  { signal: abortSignal, replace, ifMatch }: UploadOptions,
): Promise<number> {
  const { sdk, client, checksum } = connection;
  const own = new OwnObject(connection, place, replace, ifMatch);
  const put = (condition: object) =>
    client.send(new sdk.PutObjectCommand({ ...own.marked, ...checksum, ...condition, Body: bytes }), { abortSignal });
  const sent = { bytes: bytes.length, etag: () => createHash('md5').update(bytes).digest('hex') };
  const answer = await own.send(put, sent, abortSignal);
  try {
    checkEncryption(place, answer);
  } catch (error) {
    const { Bucket, Key } = place;
    // What a rewritten object was made of is nowhere else.
    if (ifMatch !== undefined && answer.VersionId === undefined) throw error;
    await client.send(new sdk.DeleteObjectCommand({ Bucket, Key, VersionId: answer.VersionId }));
    throw error;
  }
  return bytes.length;
}

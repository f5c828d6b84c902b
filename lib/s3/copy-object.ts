import type { CompletedPart, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import { copySourceOf, etagOf } from './multipart-upload.js';
import { OwnObject } from './own-object.js';
import { isMissing } from './s3-errors.js';
import type { UploadTarget } from './upload-target.js';

/** S3 copies no more than this in one request, in bytes. */
const MOST_BYTES = 5 * 1024 ** 3;
/** Up to 10 TiB in the maximum number of parts. */
const PART_BYTES = 1024 ** 3;

/** Copies an object within a bucket, on the server. The copy keeps its metadata. */
export async function copyObject(connection: S3Connection, from: string, place: UploadTarget): Promise<void> {
  const { sdk, client } = connection;
  const { Bucket } = place;
  const CopySource = copySourceOf(Bucket, from);
  try {
    await client.send(new sdk.CopyObjectCommand({ ...place, CopySource }));
  } catch (error) {
    if (isMissing(error)) throw error;
    // Servers give it different names.
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: from }));
    if ((head.ContentLength ?? 0) <= MOST_BYTES) throw error;
    await copyInParts(connection, CopySource, head, place);
  }
}

async function copyInParts(
  connection: S3Connection,
  CopySource: string,
  { ContentLength: bytes = 0, ContentType, Metadata, ETag: CopySourceIfMatch }: HeadObjectCommandOutput,
  place: UploadTarget,
): Promise<void> {
  const { sdk, client } = connection;
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ ...place, ContentType, Metadata }));
  const id = { Bucket: place.Bucket, Key: place.Key, UploadId };
  try {
    const Parts: CompletedPart[] = [];
    for (let start = 0; start < bytes; start += PART_BYTES) {
      const CopySourceRange = `bytes=${start}-${Math.min(bytes, start + PART_BYTES) - 1}`;
      const part = { PartNumber: Parts.length + 1, CopySource, CopySourceRange, CopySourceIfMatch };
      const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand({ ...id, ...part }));
      Parts.push({ PartNumber: part.PartNumber, ETag: CopyPartResult?.ETag });
    }
    const complete = () => client.send(new sdk.CompleteMultipartUploadCommand({ ...id, MultipartUpload: { Parts } }));
    await new OwnObject(connection, place, true).send(complete, { bytes, etag: () => etagOf(Parts) });
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand(id)).catch(() => {});
    throw error;
  }
}

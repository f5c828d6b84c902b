import type { CompletedPart } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import type { Place } from './upload.js';

/** S3 copies no more at once, in bytes. */
const MOST_BYTES = 5 * 1024 ** 3;
/** Up to 10 TiB in as many parts as there may be. */
const PART_BYTES = 1024 ** 3;

/** Copies an object within a bucket, on the server. The copy has its metadata. */
export async function copyObject(
  connection: S3Connection,
  from: string,
  place: Place,
  mostBytes = MOST_BYTES,
  partBytes = PART_BYTES,
): Promise<void> {
  const { sdk, client } = connection;
  const { Bucket } = place;
  const source = `${Bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
  const {
    ContentLength: bytes = 0,
    ContentType,
    Metadata,
  } = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: from }));
  if (bytes <= mostBytes) {
    await client.send(new sdk.CopyObjectCommand({ ...place, CopySource: source }));
    return;
  }
  const id = { Bucket, Key: place.Key };
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ ...place, ContentType, Metadata }));
  try {
    const Parts: CompletedPart[] = [];
    for (let start = 0; start < bytes; start += partBytes) {
      const CopySourceRange = `bytes=${start}-${Math.min(bytes, start + partBytes) - 1}`;
      const part = { UploadId, PartNumber: Parts.length + 1, CopySource: source, CopySourceRange };
      const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand({ ...id, ...part }));
      Parts.push({ PartNumber: part.PartNumber, ETag: CopyPartResult?.ETag });
    }
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...id, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ ...id, UploadId })).catch(() => {});
    throw error;
  }
}

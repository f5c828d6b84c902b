import { Readable } from 'node:stream';
import type { GetObjectCommandInput, GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { FileContent } from '../files/store/file-store.js';
import type { S3Connection } from './connection.js';
import { isConditionFailed, isMissing } from './s3-errors.js';

/**
 * How often in a row a connection may be lost without a byte received; idle ones are lost when the reader of a backup
 * is slow.
 */
const RESUMPTIONS = 5;

/** Reads one state of an object, as fast as its reader consumes it. A lost connection is resumed where it broke. */
export async function openContent(
  connection: S3Connection,
  at: Pick<GetObjectCommandInput, 'Bucket' | 'Key'>,
): Promise<FileContent> {
  const { sdk, client } = connection;
  const first = await client.send(new sdk.GetObjectCommand(at));
  const { ContentLength: size = 0, LastModified: modified = new Date(0) } = first;
  const resume = (start: number) => {
    const same = { IfMatch: first.ETag, VersionId: first.VersionId };
    return client.send(new sdk.GetObjectCommand({ ...at, ...same, Range: `bytes=${start}-` }));
  };
  const content = Readable.from(resumed(first, size, resume), { objectMode: false });
  // A generator that was never started does not pass this on.
  content.once('close', () => (first.Body as Readable).destroy());
  return { size, modified, content };
}

async function* resumed(
  first: GetObjectCommandOutput,
  size: number,
  resume: (start: number) => Promise<GetObjectCommandOutput>,
): AsyncGenerator<Buffer> {
  let read = 0;
  let { Body } = first;
  for (let left = RESUMPTIONS; ; left--) {
    try {
      for await (const chunk of Body as Readable as AsyncIterable<Buffer>) {
        read += chunk.length;
        left = RESUMPTIONS;
        yield chunk;
      }
      return;
    } catch (error) {
      if (left === 0 || read >= size) throw error;
    }
    const next = await resume(read).catch((error: unknown) => {
      throw isConditionFailed(error) || isMissing(error) ? changed(error) : error;
    });
    // A server may not support the condition.
    if (next.ETag !== first.ETag) throw changed();
    Body = next.Body;
  }
}

function changed(cause?: unknown): Error {
  return new Error('it was replaced or deleted while it was being read', { cause });
}

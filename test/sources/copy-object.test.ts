import * as sdk from '@aws-sdk/client-s3';
import { copyObject } from '../../lib/s3/copy-object.js';

const GIB = 1024 ** 3;

/** A server that copies nothing larger than S3 does, and notes what it is asked for. */
function largeObject(bytes: number, failingPart?: number) {
  const asked: Array<[string, Record<string, unknown>]> = [];
  const send = async (command: { input: Record<string, unknown>; constructor: { name: string } }) => {
    const { input } = command;
    asked.push([command.constructor.name, input]);
    if (command instanceof sdk.CopyObjectCommand) {
      throw Object.assign(new Error('too large'), { name: 'InvalidRequest', $metadata: { httpStatusCode: 400 } });
    }
    if (command instanceof sdk.HeadObjectCommand) {
      return { ContentLength: bytes, ContentType: 'image/png', ETag: '"e"' };
    }
    if (command instanceof sdk.CreateMultipartUploadCommand) return { UploadId: 'id' };
    if (input.PartNumber === failingPart && failingPart !== undefined) throw new Error('no answer');
    return { CopyPartResult: { ETag: `"${String(input.PartNumber)}"` } };
  };
  return { connection: { sdk, client: { send } as unknown as sdk.S3Client }, asked };
}

describe('A copy of an object', () => {
  it('that S3 does not copy at once is made in parts, of one state, with its type', async () => {
    const { connection, asked } = largeObject(5 * GIB + 1);
    await copyObject(connection, 'from/é +', { Bucket: 'b', Key: 'to' });
    const parts = asked.filter(([name]) => name === 'UploadPartCopyCommand').map(([, input]) => input);
    expect(parts.map(({ CopySourceRange }) => CopySourceRange)).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => `bytes=${at * GIB}-${at === 5 ? 5 * GIB : (at + 1) * GIB - 1}`),
    );
    for (const part of parts) {
      expect(part).toMatchObject({
        CopySource: 'b/from/%C3%A9%20%2B',
        CopySourceIfMatch: '"e"',
        UploadId: 'id',
        Key: 'to',
      });
    }
    expect(asked.find(([name]) => name === 'CreateMultipartUploadCommand')![1]).toMatchObject({
      ContentType: 'image/png',
    });
    const [name, { MultipartUpload }] = asked.at(-1)!;
    expect([name, MultipartUpload]).toEqual([
      'CompleteMultipartUploadCommand',
      { Parts: parts.map((_, at) => ({ PartNumber: at + 1, ETag: `"${at + 1}"` })) },
    ]);
  });

  it('leaves no parts when one of them fails', async () => {
    const { connection, asked } = largeObject(6 * GIB, 3);
    await expect(copyObject(connection, 'from', { Bucket: 'b', Key: 'to' })).rejects.toThrow('no answer');
    expect(asked.at(-1)![0]).toBe('AbortMultipartUploadCommand');
  });

  it('of a small one fails as S3 says', async () => {
    const { connection, asked } = largeObject(10);
    await expect(copyObject(connection, 'from', { Bucket: 'b', Key: 'to' })).rejects.toThrow('too large');
    expect(asked).toHaveLength(2);
  });
});

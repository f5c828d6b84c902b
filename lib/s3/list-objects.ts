import type { S3Connection } from './connection.js';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly version?: string;
}

/** Every object whose key starts with `prefix`, in the order of the keys. */
export async function* listObjects(
  { sdk, client }: S3Connection,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject> {
  // Unencoded keys may contain characters that XML cannot.
  const input = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' } as const;
  for await (const { Contents = [], EncodingType } of sdk.paginateListObjectsV2({ client }, input)) {
    for (const { Key = '', Size: bytes = 0, LastModified: modified = new Date(0), ETag: version } of Contents) {
      const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
      yield { key, bytes, modified, version };
    }
  }
}

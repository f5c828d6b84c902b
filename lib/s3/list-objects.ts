import type { S3Connection } from './connection.js';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly version?: string;
}

/** Every object whose key begins with `prefix`, in the order of the keys. */
export async function* listObjects(
  { sdk, client }: S3Connection,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject> {
  // As they are, keys may hold what XML cannot.
  const input = { Bucket: bucket, Prefix: prefix, EncodingType: 'url' } as const;
  for await (const { Contents = [], EncodingType } of sdk.paginateListObjectsV2({ client }, input)) {
    for (const { Key = '', Size: bytes = 0, LastModified: modified = new Date(0), ETag: version } of Contents) {
      const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
      yield { key, bytes, modified, version };
    }
  }
}

import type { Readable } from 'node:stream';
import { invalidOption } from '../errors/usage-errors.js';
import type { FileAttributes, FileContent, FileStore, ListedFile } from '../files/store/file-store.js';
import { connect, isOwnHandler, type S3Connection } from './connection.js';
import { copyObject } from './copy-object.js';
import { listObjects } from './list-objects.js';
import { locationOf } from './location.js';
import { openContent } from './object-content.js';
import { checkS3Options, type S3PrefixOptions } from './s3-options.js';
import { storeFailure } from './s3-store-errors.js';
import { putBytes, upload } from './upload.js';
import type { UploadTarget } from './upload-target.js';

/** What an application keeps in a bucket below a prefix, as a data directory: `dataDirs: { pictures: s3Prefix(…) }`. */
export function s3Prefix(options: S3PrefixOptions): FileStore {
  return new S3Prefix(options);
}

class S3Prefix implements FileStore {
  readonly location: string;
  readonly hasOwnDeadline: boolean;
  private connection: Promise<S3Connection> | undefined;

  constructor(private readonly options: S3PrefixOptions) {
    this.location = locationOf(options);
    this.hasOwnDeadline = !isOwnHandler(options?.client?.requestHandler);
  }

  check(option: string): void {
    checkS3Options(option, this.options);
    const { prefix = '', contentType } = this.options;
    // Otherwise the objects of "pictures-old/" would count as those of "pictures", and be deleted with them.
    if (prefix !== '' && !prefix.endsWith('/')) {
      throw invalidOption(`${option}.prefix`, 'it does not end in "/"', `Set "${prefix}/".`);
    }
    if (contentType === undefined || typeof contentType === 'function') return;
    throw invalidOption(`${option}.contentType`, 'the value is invalid', 'Set a function.');
  }

  async *list(below = ''): AsyncGenerator<ListedFile> {
    const { bucket } = this.options;
    const prefix = this.key('');
    try {
      for await (const { key, ...file } of listObjects(await this.connected(), bucket, this.key(below))) {
        yield { path: key.slice(prefix.length), ...file };
      }
    } catch (error) {
      throw storeFailure(bucket, below, error);
    }
  }

  async open(path: string): Promise<FileContent> {
    const { Bucket, Key } = this.at(path);
    return this.trying(path, (connection) => openContent(connection, { Bucket, Key }));
  }

  async put(path: string, content: Buffer | Readable, attributes: FileAttributes): Promise<void> {
    const { contentType, partBytes } = this.options;
    const place = { ...this.at(path), ContentType: contentType?.(attributes.path) };
    await this.trying(path, async (connection) => {
      if (Buffer.isBuffer(content)) return putBytes(connection, place, content, { replace: true });
      try {
        // A stream with nothing left to read would pass for an empty one.
        if (content.destroyed || content.readableEnded) {
          throw content.errored ?? new Error('its stream was closed before it was read');
        }
        // Any other path than the final one belongs to the library alone.
        const isFresh = path !== attributes.path;
        return await upload(connection, place, content, { partBytes, replace: true, isFresh });
      } finally {
        content.destroy();
      }
    });
  }

  async copy(from: string, to: string): Promise<void> {
    await this.trying(from, (connection) => copyObject(connection, this.key(from), this.at(to)));
  }

  async delete(path: string): Promise<void> {
    const { Bucket, Key } = this.at(path);
    await this.trying(path, ({ sdk, client }) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key })));
  }

  private key(path: string): string {
    return (this.options.prefix ?? '') + path;
  }

  private at(path: string): UploadTarget & { Bucket: string; Key: string } {
    const { bucket, serverSideEncryption, kmsKeyId } = this.options;
    const encryption = { ServerSideEncryption: serverSideEncryption, SSEKMSKeyId: kmsKeyId };
    return { Bucket: bucket, Key: this.key(path), ...encryption };
  }

  private async trying<Result>(path: string, work: (connection: S3Connection) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.connected());
    } catch (error) {
      throw storeFailure(this.options.bucket, this.key(path), error);
    }
  }

  private async connected(): Promise<S3Connection> {
    this.connection ??= connect(this.options);
    return this.connection;
  }
}

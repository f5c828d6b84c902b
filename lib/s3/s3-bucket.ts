import type { Readable } from 'node:stream';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type {
  BackupDestination,
  PutOptions,
  Replacement,
  RewrittenObject,
  StoredObject,
} from '../destinations/backup-destination.js';
import { checkObjectName, isObjectName } from '../destinations/object-name.js';
import { destinationFailed } from '../errors/destination-errors.js';
import type { ByteSource } from '../support/byte-source.js';
import { connect, isOwnHandler, type S3Connection } from './connection.js';
import { listObjects } from './list-objects.js';
import { locationOf } from './location.js';
import { lockIn, WITHOUT_END } from './object-lock.js';
import { changed, rangesOf } from './object-ranges.js';
import { RangeSource } from './range-source.js';
import { type FormerObject, keptOf, removeFormer, rewriteObject } from './rewrite-object.js';
import { isConditionFailed, isMissing, s3Failure } from './s3-errors.js';
import { checkS3Options, type S3BucketOptions } from './s3-options.js';
import { upload } from './upload.js';

const DAY_MS = 86_400_000;
/** Answers that concern one object; others may still report their locks. */
const REFUSALS = [400, 403, 412];

/**
 * A bucket of S3, or of a server that speaks its protocol, as a destination. Uploads go directly from the backup in
 * parts, nothing is written to disk, and restores read by ranges.
 */
export function s3Bucket(options: S3BucketOptions): BackupDestination {
  return new S3Bucket(options);
}

class S3Bucket implements BackupDestination {
  readonly location: string;
  readonly hasOwnDeadline: boolean;
  private connection: Promise<S3Connection> | undefined;

  constructor(private readonly options: S3BucketOptions) {
    this.location = locationOf(options);
    this.hasOwnDeadline = !isOwnHandler(options?.client?.requestHandler);
  }

  check(option: string): void {
    checkS3Options(option, this.options);
  }

  async put(name: string, content: Readable, { signal }: PutOptions = {}): Promise<StoredObject> {
    // A stream that fails before it is read reports it when it is read.
    content.on('error', () => {});
    const end = () => content.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', end, { once: true });
    try {
      const at = this.at(name);
      signal?.throwIfAborted();
      if (await this.head(name)) throw destinationFailed(`"${name}" already exists`);
      // A stream with nothing left to read would pass for an empty one.
      if (content.destroyed || content.readableEnded) {
        throw content.errored ?? destinationFailed('its stream was closed before it was read');
      }
      const lockedUntil = this.lockedUntil();
      const place = { ...at, ...this.attributes(lockedUntil) };
      const { partBytes } = this.options;
      const bytes = await upload(await this.connected(), place, content, { partBytes, signal });
      if (lockedUntil) await this.lock(name, lockedUntil);
      return { name, bytes, lockedUntil };
    } catch (error) {
      content.destroy();
      if (signal?.aborted) throw signal.reason;
      if (isConditionFailed(error)) throw destinationFailed(`"${name}" already exists`, error);
      throw this.told(error);
    } finally {
      signal?.removeEventListener('abort', end);
    }
  }

  async open(name: string): Promise<ByteSource> {
    const { head, fetch } = await this.reader(name);
    return new RangeSource(head.ContentLength ?? 0, fetch);
  }

  async rewrite(
    name: string,
    change: (object: ByteSource) => Promise<Replacement>,
    { signal }: PutOptions = {},
  ): Promise<RewrittenObject> {
    const former = await this.reader(name);
    const { head, fetch } = former;
    const read = (position: number, length: number) => fetch(position, position + length);
    const replacement = await change({ size: head.ContentLength ?? 0, read, close: async () => {} });
    const place = { ...this.at(name), ...this.attributes(undefined), ...keptOf(head) };
    const { ObjectLockMode: mode, ObjectLockRetainUntilDate: lockedUntil } = place;
    try {
      signal?.throwIfAborted();
      const connection = await this.connected();
      const { partBytes } = this.options;
      const bytes = await rewriteObject(connection, place, former, replacement, { partBytes, signal });
      if (lockedUntil) await this.lock(name, lockedUntil, mode);
      const remains = await removeFormer(connection, this.at(name), head);
      return { name, bytes, lockedUntil, ...(remains !== undefined && { remains }) };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw isConditionFailed(error) ? changed(place.Key, error) : this.told(error);
    }
  }

  async *list(): AsyncGenerator<StoredObject> {
    const { bucket, prefix = '' } = this.options;
    try {
      const locks = await this.hasLocks();
      for await (const { key, bytes } of listObjects(await this.connected(), bucket, prefix)) {
        const name = key.slice(prefix.length);
        if (!isObjectName(name)) continue;
        yield { name, bytes, lockedUntil: locks ? await this.lockOf(name) : undefined };
      }
    } catch (error) {
      throw this.told(error);
    }
  }

  async delete(name: string): Promise<void> {
    const { sdk, client } = await this.connected();
    const at = this.at(name);
    const head = await this.head(name);
    if (!head) return;
    const { VersionId, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = head;
    if (until && until > new Date()) {
      throw destinationFailed(`"${at.Key}" is locked until ${until.toISOString()}`);
    }
    if (hold === 'ON') throw destinationFailed(`"${at.Key}" is under a legal hold`);
    try {
      // Without its version, a versioned bucket would keep it forever.
      await client.send(new sdk.DeleteObjectCommand({ ...at, VersionId }));
    } catch (error) {
      throw this.told(error);
    }
  }

  /**
   * Whether objects may be locked, even if not by this application. A lock that is not seen here is one that the server
   * enforces.
   */
  private async hasLocks(): Promise<boolean> {
    const { bucket, objectLock } = this.options;
    if (objectLock) return true;
    const { sdk, client } = await this.connected();
    return client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket })).then(
      ({ ObjectLockConfiguration }) => ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
      () => false,
    );
  }

  /** An object whose lock cannot be read, because it is another owner's or has its own key, counts as locked. */
  private async lockOf(name: string): Promise<Date | undefined> {
    return this.head(name).then(lockIn, (error: { cause?: { $metadata?: { httpStatusCode?: number } } }) => {
      const { httpStatusCode: status = 0 } = error.cause?.$metadata ?? {};
      if (REFUSALS.includes(status)) return WITHOUT_END;
      throw error;
    });
  }

  /** @throws BackupError `DESTINATION_FAILED` also when it does not exist */
  private async reader(name: string): Promise<FormerObject> {
    const connection = await this.connected();
    const at = this.at(name);
    const head = await this.head(name);
    if (!head) throw destinationFailed(`bucket "${at.Bucket}" has no object "${at.Key}"`);
    return { head, fetch: rangesOf(connection, at, head) };
  }

  private at(name: string): { Bucket: string; Key: string } {
    const { bucket, prefix = '' } = this.options;
    return { Bucket: bucket, Key: prefix + checkObjectName(name) };
  }

  private lockedUntil(): Date | undefined {
    const { objectLock } = this.options;
    return objectLock && new Date(Date.now() + objectLock.days * DAY_MS);
  }

  private attributes(lockedUntil: Date | undefined): object {
    const { serverSideEncryption, kmsKeyId, objectLock } = this.options;
    return {
      ServerSideEncryption: serverSideEncryption,
      SSEKMSKeyId: kmsKeyId,
      ...(objectLock && lockedUntil && { ObjectLockMode: objectLock.mode, ObjectLockRetainUntilDate: lockedUntil }),
    };
  }

  /** Some servers drop the lock of an object uploaded in parts. What cannot be locked is deleted. */
  private async lock(name: string, RetainUntilDate: Date, Mode = this.options.objectLock?.mode): Promise<void> {
    const { sdk, client, checksum } = await this.connected();
    const { VersionId, ObjectLockRetainUntilDate } = (await this.head(name)) ?? {};
    if (ObjectLockRetainUntilDate) return;
    const object = { ...this.at(name), VersionId };
    const Retention = { Mode, RetainUntilDate };
    try {
      await client.send(new sdk.PutObjectRetentionCommand({ ...object, Retention, ...checksum }));
    } catch (error) {
      await client.send(new sdk.DeleteObjectCommand(object));
      throw error;
    }
  }

  private async head(name: string): Promise<HeadObjectCommandOutput | undefined> {
    const { sdk, client } = await this.connected();
    try {
      return await client.send(new sdk.HeadObjectCommand(this.at(name)));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.told(error);
    }
  }

  private async connected(): Promise<S3Connection> {
    this.connection ??= connect(this.options);
    return this.connection;
  }

  private told(error: unknown): unknown {
    return s3Failure(this.options.bucket, error);
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { explain } from '../../errors/explain.js';
import { BackupCore } from '../backup-core.js';
import type { UploadAnswer, UploadsAnswer } from '../page-api.js';
import { FinishUploads } from './finish-uploads.js';
import { offsetOf, type StoredUpload } from './upload-store.js';
import { Uploads } from './uploads.service.js';

/** Uploads, for people. */
@Injectable()
export class UploadStates {
  private readonly logger = new Logger(UploadStates.name);

  constructor(
    private readonly core: BackupCore,
    private readonly uploads: Uploads,
    private readonly finishing: FinishUploads,
  ) {}

  /** Those of a user; the newest first. @param path of `uploads` */
  async all(user: string | null, path: string): Promise<UploadsAnswer> {
    const found = await Promise.all(this.core.store.destinations.map((name) => this.in(name, user)));
    const newestFirst = found
      .flat()
      .toSorted((one, other) => other.record.createdAt.localeCompare(one.record.createdAt));
    return { items: await Promise.all(newestFirst.map((upload) => this.of(upload, path))) };
  }

  /** Without ending a request that sends it bytes. @throws HttpException 404; BackupError `DESTINATION_FAILED` */
  async one(destination: string, id: string, user: string | null, path: string): Promise<UploadAnswer> {
    return this.of(await this.uploads.look(destination, id, user), path);
  }

  async of(upload: StoredUpload, path: string): Promise<UploadAnswer> {
    const { record, result } = upload;
    const { id, destination, size, owner: _, plaintext: __, ...shown } = record;
    const offset = offsetOf(upload);
    // Where it is checked, until nothing of it has to be cleared away any more.
    const isChecking =
      this.finishing.isChecked(id) || (!result && offset === size && (await this.finishing.isBusy(id)));
    const unfinished = isChecking ? 'checking' : offset === size ? 'received' : 'receiving';
    return {
      ...shown,
      id,
      destination,
      size,
      offset,
      url: `${path}/${destination}/${id}`,
      pieceBytes: this.uploads.pieceBytes(record),
      state: result && !isChecking ? (result.error ? 'refused' : 'stored') : unfinished,
      backup: result?.backup ?? null,
      error: result?.error ?? (isChecking ? null : this.finishing.errorOf(id)),
    };
  }

  private async in(destination: string, user: string | null): Promise<StoredUpload[]> {
    try {
      return await this.uploads.of(destination, user);
    } catch (error) {
      this.logger.warn(`The uploads in "${destination}" could not be listed: ${explain(error)}`);
      return [];
    }
  }
}

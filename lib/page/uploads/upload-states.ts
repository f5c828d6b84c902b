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
    const busy = await this.finishing.busy();
    const found = await Promise.all(this.core.store.destinations.map((name) => this.in(name, user)));
    const newestFirst = found
      .flat()
      .toSorted((one, other) => other.record.createdAt.localeCompare(one.record.createdAt));
    return { items: newestFirst.map((upload) => this.answer(upload, path, busy)) };
  }

  /** Without ending a request that sends it bytes. @throws HttpException 404; BackupError `DESTINATION_FAILED` */
  async one(destination: string, id: string, user: string | null, path: string): Promise<UploadAnswer> {
    const busy = await this.finishing.busy();
    return this.answer(await this.uploads.look(destination, id, user), path, busy);
  }

  /** One that has just begun. */
  begun(upload: StoredUpload, path: string): UploadAnswer {
    return this.answer(upload, path, new Set());
  }

  /**
   * One moment of it: a check ends with a result, and is over when nothing of the upload has to be cleared away any more.
   * @param busy what was checked before the upload was looked at: a check that ends meanwhile may have left its result later
   */
  private answer(upload: StoredUpload, path: string, busy: ReadonlySet<string>): UploadAnswer {
    const { record } = upload;
    const { id, destination, size, owner: _, plaintext: __, ...shown } = record;
    const offset = offsetOf(upload);
    return {
      ...shown,
      id,
      destination,
      size,
      offset,
      url: `${path}/${destination}/${id}`,
      pieceBytes: this.uploads.pieceBytes(record),
      ...this.progressOf(upload, busy.has(id) || this.finishing.isChecked(id)),
    };
  }

  private progressOf(upload: StoredUpload, isBusy: boolean): Pick<UploadAnswer, 'state' | 'backup' | 'error'> {
    const { record, result } = upload;
    const unknown = { backup: null, error: null };
    if (offsetOf(upload) < record.size) return { state: 'receiving', ...unknown };
    if (isBusy) return { state: 'checking', ...unknown };
    if (result) return { state: result.error ? 'refused' : 'stored', ...result };
    return { state: 'received', backup: null, error: this.finishing.errorOf(record.id) };
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

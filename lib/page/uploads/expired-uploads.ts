import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { explain } from '../../errors/explain.js';
import { HostNest } from '../../host/host-nest.js';
import { BackupCore } from '../backup-core.js';
import { FinishUploads } from './finish-uploads.js';
import { UploadStore } from './upload-store.js';
import { isExpired, Uploads } from './uploads.service.js';

/** How often destinations are looked through, in milliseconds; the first time so long after the start. */
const EVERY_MS = 3_600_000;

/** Removes uploads that nobody has finished. */
@Injectable()
export class ExpiredUploads implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ExpiredUploads.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly core: BackupCore,
    private readonly store: UploadStore,
    private readonly uploads: Uploads,
    private readonly finishing: FinishUploads,
    private readonly host: HostNest,
  ) {}

  /** Not on the command line, where there is no server. */
  onApplicationBootstrap(): void {
    const isServer = this.host.adapterHost.httpAdapter !== undefined && this.core.options.backupKeyDigest !== null;
    if (isServer) this.timer = setInterval(() => void this.remove(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** From every destination; what fails is tried again the next time. */
  async remove(): Promise<void> {
    for (const destination of this.core.store.destinations) {
      try {
        for (const upload of await this.store.all(destination)) {
          if (!isExpired(upload) || (await this.finishing.isBusy(upload.record.id))) continue;
          await this.uploads.remove(upload);
          this.logger.log(`Upload ${upload.record.id} in "${destination}" has expired and was removed.`);
        }
      } catch (error) {
        this.logger.warn(`Expired uploads in "${destination}" were not removed: ${explain(error)}`);
      }
    }
  }
}

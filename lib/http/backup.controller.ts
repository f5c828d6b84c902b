import {
  Body,
  Controller,
  HttpCode,
  HttpStatus,
  Inject,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BackupService } from '../backup/backup.service.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { BackupDispatcher } from '../store/backup-dispatcher.js';
import type { StoreBackupOptions } from '../store/backup-store.js';
import { AvailabilityGuard } from './availability.guard.js';
import { BackupKeyGuard } from './backup-key.guard.js';
import { BackupResponse } from './backup-response.js';
import { CodedErrorsInterceptor } from './coded-errors.interceptor.js';
import { CreateBackupDto } from './create-backup.dto.js';
import { HostGuardsGuard } from './host-guards.guard.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { RequestAudit } from './request-audit.service.js';
import { SystemUserGuard } from './system-user.guard.js';
import { ValidBodyPipe } from './valid-body.pipe.js';

export const DEFAULT_PATH = 'utils/backup';

/** `POST {prefix}/utils/backup/`: answers with the archive as a stream, or stores it and answers with its id. */
@Controller(DEFAULT_PATH)
@UseGuards(AvailabilityGuard, HostGuardsGuard, SystemUserGuard, JsonBodyGuard, BackupKeyGuard)
@UseInterceptors(CodedErrorsInterceptor)
export class BackupController {
  /** @internal */
  constructor(
    private readonly backups: BackupService,
    private readonly asked: BackupDispatcher,
    private readonly adapterHost: HttpAdapterHost,
    private readonly requests: RequestAudit,
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Body(ValidBodyPipe) body: unknown, @Req() request: unknown, @Res() response: unknown): Promise<void> {
    const { aes_key, recipients, check, destination } = body as CreateBackupDto;
    const encryption = { aesKey: aes_key ?? undefined, recipients: recipients ?? undefined };
    const initiator = { via: 'http', ...(await this.requests.allowed(request as object, check === true)) } as const;
    if (check) {
      await this.adapterHost.httpAdapter.reply(response, { ok: true }, 200);
      return;
    }
    if (typeof destination === 'string') {
      await this.store(response, { ...encryption, initiator, destinations: [destination] });
      return;
    }
    const answer = new BackupResponse(request, response, this.options.idleTimeout);
    await answer.begin(await this.backups.create({ ...encryption, signal: answer.gone, initiator }));
  }

  /** Answers when the backup has started or is queued; it continues without the client. */
  private async store(response: unknown, options: StoreBackupOptions): Promise<void> {
    const { id } = await this.asked.dispatch(options);
    await this.adapterHost.httpAdapter.reply(response, { id }, HttpStatus.ACCEPTED);
  }
}

/** The controller under another path; the default path is served by `BackupController` itself. */
export function createBackupController(path: string): Type<BackupController> {
  if (path === DEFAULT_PATH) return BackupController;
  @Controller(path)
  class BackupControllerAt extends BackupController {}
  return BackupControllerAt;
}

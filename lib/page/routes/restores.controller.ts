import {
  Body,
  Controller,
  HttpStatus,
  Param,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { CodedErrorsInterceptor } from '../../http/coded-errors.interceptor.js';
import { OnlineRestore } from '../../online/online-restore.js';
import { BackupCore } from '../backup-core.js';
import type { OnlineRestorePlan } from '../page-api.js';
import { StoredList } from '../stored-list.js';
import { Answers } from './answers.js';
import { noSuchRestore, notConfirmed } from './page-errors.js';
import { ActGuard } from './page-guards.js';
import { BACKUP_FIELDS, readFields } from './request-fields.js';

const FIELDS = {
  ...BACKUP_FIELDS,
  plan: { type: 'boolean', optional: true },
  confirm: { type: 'string', optional: true },
  identity: { type: 'string', optional: true },
} as const;
const UNDO_FIELDS = { identity: FIELDS.identity } as const;

/** `POST P/restores` plans a restore of the running application, or begins it; `POST P/restores/:id/undo` undoes it. */
export function createRestoresController(path: string): Type {
  @Controller(path)
  @UseGuards(ActGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupRestoresController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
      readonly stored: StoredList,
      readonly restores: OnlineRestore,
    ) {}

    /** It goes on without the client; how far it is, and how it ended, is in the status. */
    @Post('restores')
    async restore(@Req() request: object, @Res() response: unknown, @Body() body: unknown): Promise<void> {
      const { destination, id, plan, confirm, identity } = readFields(body, FIELDS);
      if (!plan && confirm !== this.restores.confirmName) throw notConfirmed(this.restores.confirmName);
      await this.stored.find(destination, id);
      const initiator = await this.initiator(request);
      if (plan) {
        const answer: OnlineRestorePlan = await this.restores.plan({ destination, id }, initiator, { identity });
        await this.answers.json(response, answer);
      } else {
        await this.answers.json(
          response,
          await this.restores.start({ destination, id }, initiator, { identity }),
          HttpStatus.ACCEPTED,
        );
      }
    }

    @Post('restores/:id/undo')
    async undo(@Req() request: object, @Res() response: unknown, @Param('id') id: string, @Body() body: unknown) {
      const { identity } = readFields(body, UNDO_FIELDS);
      if (!(await this.restores.knows(id))) throw noSuchRestore();
      const initiator = await this.initiator(request);
      await this.answers.json(response, await this.restores.undo(id, initiator, { identity }), HttpStatus.ACCEPTED);
    }

    private async initiator(request: object) {
      this.core.requests.passed(request);
      return { via: 'http', ...(await this.core.requests.requester(request)) } as const;
    }
  }
  return BackupRestoresController;
}

import { randomUUID } from 'node:crypto';
import {
  Body,
  Controller,
  Delete,
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
import { BackupCore } from '../backup-core.js';
import { SharedRuns } from '../shared-runs.js';
import { StoredList } from '../stored-list.js';
import { Answers } from './answers.js';
import { noSuchRun } from './page-errors.js';
import { ActGuard } from './page-guards.js';
import { BACKUP_FIELDS, readFields } from './request-fields.js';

/** `POST P/tests` begins a restore test; `DELETE P/runs/:id` ends a run early. */
export function createRunsController(path: string): Type {
  @Controller(path)
  @UseGuards(ActGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupRunsController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
      readonly stored: StoredList,
      readonly runs: SharedRuns,
    ) {}

    /** It goes on without the client; its end is in the events, the history and the log. */
    @Post('tests')
    async test(@Req() request: object, @Res() response: unknown, @Body() body: unknown): Promise<void> {
      const source = readFields(body, BACKUP_FIELDS);
      await this.stored.find(source.destination, source.id);
      const initiator = { via: 'http', ...(await this.core.requests.requester(request)) } as const;
      this.core.requests.passed(request);
      const id = randomUUID();
      this.core.restores.verify(source, { id, restore: true, initiator }).catch(() => {});
      await this.answers.json(response, { id }, HttpStatus.ACCEPTED);
    }

    @Delete('runs/:id')
    async cancel(@Req() request: object, @Res() response: unknown, @Param('id') id: string, @Body() body: unknown) {
      readFields(body, {});
      this.core.requests.passed(request);
      // A restore of the running application is no run yet while it waits for the last requests.
      const isWaiting = this.core.onlineRestore?.cancel(id) === true;
      if (!(await this.runs.cancel(id)) && !isWaiting) throw noSuchRun();
      await this.answers.json(response, { id }, HttpStatus.ACCEPTED);
    }
  }
  return BackupRunsController;
}

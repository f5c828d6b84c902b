import { Controller, Get, Query, Req, type Type, UseGuards, UseInterceptors } from '@nestjs/common';
import { AvailabilityGuard } from '../http/availability.guard.js';
import { CodedErrorsInterceptor } from '../http/coded-errors.interceptor.js';
import { HostGuardsGuard } from '../http/host-guards.guard.js';
import { numberIn } from '../http/query.js';
import { RequestAudit } from '../http/request-audit.service.js';
import { SystemUserGuard } from '../http/system-user.guard.js';
import { type HistoryPage, HistoryService } from './history.service.js';

const PAGE = { or: 1, most: 1_000_000 };
const LIMIT = { or: 50, most: 200 };

/** The path of the history, beside the endpoint: `utils/backup` -> `utils/backuplogs`. */
export function logsPathOf(path: string): string {
  return [
    ...path
      .replace(/^\/+|\/+$/g, '')
      .split('/')
      .slice(0, -1),
    'backuplogs',
  ].join('/');
}

/** `GET {prefix}/utils/backuplogs/?page=1&limit=50`: the history, newest first, for system users. */
export function createLogsController(path: string): Type {
  @Controller(path)
  @UseGuards(AvailabilityGuard, HostGuardsGuard, SystemUserGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupLogsController {
    constructor(
      readonly history: HistoryService,
      readonly requests: RequestAudit,
    ) {}

    @Get()
    async find(@Req() request: object, @Query() query: Record<string, unknown>): Promise<HistoryPage> {
      this.requests.next(request, 'INVALID_BODY');
      const page = numberIn(query, 'page', PAGE);
      const limit = numberIn(query, 'limit', LIMIT);
      this.requests.passed(request);
      return this.history.page(page, limit);
    }
  }
  return BackupLogsController;
}

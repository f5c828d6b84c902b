import {
  BadRequestException,
  Controller,
  Get,
  Query,
  Req,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { AvailabilityGuard } from '../http/availability.guard.js';
import { CodedErrorsInterceptor } from '../http/coded-errors.interceptor.js';
import { withCode } from '../http/error-response.js';
import { HostGuardsGuard } from '../http/host-guards.guard.js';
import { RequestAudit } from '../http/request-audit.service.js';
import { SystemUserGuard } from '../http/system-user.guard.js';
import { type HistoryPage, HistoryService } from './history.service.js';

const DEFAULT_LIMIT = 50;
const MOST = { page: 1_000_000, limit: 200 };

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
      const page = wholeNumber(query, 'page', 1);
      const limit = wholeNumber(query, 'limit', DEFAULT_LIMIT);
      this.requests.passed(request);
      return this.history.page(page, limit);
    }
  }
  return BackupLogsController;
}

function wholeNumber(query: Record<string, unknown>, name: keyof typeof MOST, otherwise: number): number {
  const { [name]: given = String(otherwise) } = query;
  const value = typeof given === 'string' && /^\d{1,7}$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= MOST[name]) return value;
  const message = `${name} must be a whole number from 1 to ${MOST[name]}`;
  throw withCode(new BadRequestException([message]), 'INVALID_BODY');
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Param, Query, Req, Res, type Type, UseGuards, UseInterceptors } from '@nestjs/common';
import { CodedErrorsInterceptor } from '../../http/coded-errors.interceptor.js';
import { type Query as GivenQuery, numberIn, textIn, timeIn } from '../../http/query.js';
import { BackupCore } from '../backup-core.js';
import { EventStreams } from '../event-streams.js';
import { PageStatus } from '../page-status.js';
import { type ListRequest, StoredList } from '../stored-list.js';
import { Answers } from './answers.js';
import { SeeGuard } from './page-guards.js';

const LIMIT = { or: 50, most: 200 };

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
};

/** `GET P/status`, `P/backups`, `P/backups/:destination/:id` and `P/events`: what the page shows. */
export function createStatusController(path: string): Type {
  @Controller(path)
  @UseGuards(SeeGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupStatusController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
      readonly current: PageStatus,
      readonly stored: StoredList,
      readonly streams: EventStreams,
    ) {}

    @Get('status')
    async status(@Req() request: object, @Res() response: unknown): Promise<void> {
      this.core.requests.passed(request);
      await this.answers.json(response, await this.current.now());
    }

    @Get('backups')
    async backups(@Req() request: object, @Res() response: unknown, @Query() query: Record<string, unknown>) {
      const asked = readQuery(query);
      this.core.requests.passed(request);
      await this.answers.json(response, await this.stored.page(asked));
    }

    @Get('backups/:destination/:id')
    async content(
      @Req() request: object,
      @Res() response: unknown,
      @Param('destination') destination: string,
      @Param('id') id: string,
    ): Promise<void> {
      this.core.requests.passed(request);
      await this.answers.json(response, await this.stored.content(destination, id));
    }

    @Get('events')
    async events(@Req() request: object, @Res() response: unknown): Promise<void> {
      this.core.requests.passed(request);
      const host = response as { raw?: ServerResponse; hijack?(): void };
      const raw = host.raw ?? (response as ServerResponse);
      host.hijack?.();
      raw.writeHead(200, STREAM_HEADERS);
      await this.streams.add(raw, (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage));
    }
  }
  return BackupStatusController;
}

/** @throws BadRequestException `INVALID_BODY` */
function readQuery(query: GivenQuery): ListRequest {
  return {
    destination: textIn(query, 'destination'),
    before: timeIn(query, 'before'),
    limit: numberIn(query, 'limit', LIMIT),
  };
}

import type { OutgoingHttpHeaders } from 'node:http';
import {
  Body,
  Controller,
  Get,
  Head,
  HttpStatus,
  Param,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { BackupResponse } from '../../http/backup-response.js';
import { CodedErrorsInterceptor } from '../../http/coded-errors.interceptor.js';
import { BackupCore } from '../backup-core.js';
import { type Download, Downloads } from '../downloads.js';
import { Answers } from './answers.js';
import { type ByteRange, requestedRange } from './byte-range.js';
import { badRange } from './page-errors.js';
import { ActGuard, SeeGuard } from './page-guards.js';
import { BACKUP_FIELDS, readFields } from './request-fields.js';

type Headers = Readonly<Record<string, string | undefined>>;

/** `POST P/links` makes a link; `GET` and `HEAD P/downloads/:token` follow it. */
export function createDownloadsController(path: string): Type {
  @Controller(path)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupDownloadsController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
      readonly downloads: Downloads,
    ) {}

    @Post('links')
    @UseGuards(ActGuard)
    async link(@Req() request: object, @Res() response: unknown, @Body() body: unknown): Promise<void> {
      const { destination, id } = readFields(body, BACKUP_FIELDS);
      const requester = await this.core.requests.requester(request);
      const { token, link } = await this.downloads.link(destination, id, requester.user);
      this.core.requests.passed(request);
      const expiresAt = new Date(link.expiresAt);
      this.core.audit.record('backup.linked', { via: 'http', ...requester }, { backup: id, destination, expiresAt });
      const answer = { url: urlOf(request, token), expiresAt: expiresAt.toISOString() };
      await this.answers.json(response, answer, HttpStatus.CREATED);
    }

    // Before the other one: Fastify makes a HEAD route of its own for each GET route without one.
    @Head('downloads/:token')
    @UseGuards(SeeGuard)
    async head(@Req() request: object, @Res() response: unknown, @Param('token') token: string): Promise<void> {
      const { download, range } = await this.prepare(request, response, token);
      await download.close();
      new BackupResponse(request, response, this.core.options.idleTimeout).end(
        statusOf(range),
        headersOf(download, range),
      );
    }

    @Get('downloads/:token')
    @UseGuards(SeeGuard)
    async get(@Req() request: object, @Res() response: unknown, @Param('token') token: string): Promise<void> {
      const { download, range } = await this.prepare(request, response, token);
      const { first, last } = range ?? { first: 0, last: download.size - 1 };
      const answer = new BackupResponse(request, response, this.core.options.idleTimeout);
      await answer.stream(download.read(first, last), statusOf(range), headersOf(download, range));
    }

    private async prepare(
      request: object,
      response: unknown,
      token: string,
    ): Promise<{ download: Download; range?: ByteRange }> {
      const { user } = await this.core.requests.requester(request);
      const download = await this.downloads.open(token, user);
      this.core.requests.passed(request);
      const { headers } = request as { headers: Headers };
      const range = requestedRange(headers.range, headers['if-range'], download.size, download);
      if (range !== null) return { download, range };
      await download.close();
      this.answers.header(response, 'Content-Range', `bytes */${download.size}`);
      throw badRange();
    }
  }
  return BackupDownloadsController;
}

function statusOf(range: ByteRange | undefined): number {
  return range ? HttpStatus.PARTIAL_CONTENT : HttpStatus.OK;
}

function headersOf(
  { size, etag, lastModified, filename, contentType }: Download,
  range?: ByteRange,
): OutgoingHttpHeaders {
  const { first, last } = range ?? { first: 0, last: size - 1 };
  return {
    'Accept-Ranges': 'bytes',
    'Content-Type': contentType,
    'Content-Length': last - first + 1,
    'Content-Disposition': `attachment; filename="${filename}"`,
    ETag: etag,
    'Last-Modified': lastModified.toUTCString(),
    ...(range && { 'Content-Range': `bytes ${first}-${last}/${size}` }),
  };
}

/** Beside the request's own path, whatever prefix and version the application has put before it. */
function urlOf(request: object, token: string): string {
  const { originalUrl, url } = request as { originalUrl?: string; url?: string };
  const [pathname = ''] = (originalUrl ?? url ?? '').split('?', 1);
  return `${pathname.replace(/\/links\/?$/, '')}/downloads/${token}`;
}

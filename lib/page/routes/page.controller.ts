import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { CodedErrorsInterceptor } from '../../http/coded-errors.interceptor.js';
import { withCode } from '../../http/error-response.js';
import { BackupCore } from '../backup-core.js';
import { PAGE_HEADERS, PAGE_INDEX, pageFile } from '../page-files.js';
import { Answers } from './answers.js';
import { SeeGuard } from './page-guards.js';

/** `GET P/page`, and the files that it needs, below it. */
export function createPageController(path: string): Type {
  @Controller(path)
  @UseGuards(SeeGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupPageController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
    ) {}

    @Get('page')
    async page(@Req() request: object, @Res() response: unknown): Promise<void> {
      this.core.requests.passed(request);
      const { raw = request as IncomingMessage } = request as { raw?: IncomingMessage };
      const [pathname = ''] = (raw.url ?? '').split('?', 1);
      // Its files are found relative to the path without a slash.
      if (pathname.endsWith('/')) await this.answers.redirect(response, '../page');
      else await this.send(response, PAGE_INDEX);
    }

    @Get('page/:file')
    async file(@Req() request: object, @Res() response: unknown, @Param('file') name: string): Promise<void> {
      this.core.requests.passed(request);
      await this.send(response, name);
    }

    private async send(response: unknown, name: string): Promise<void> {
      const file = pageFile(name);
      if (!file) throw withCode(new NotFoundException('The page has no such file.'), 'NOT_FOUND');
      await this.answers.text(response, file.body, { ...PAGE_HEADERS, 'Content-Type': file.type });
    }
  }
  return BackupPageController;
}

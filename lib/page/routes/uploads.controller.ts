import {
  Body,
  Controller,
  Delete,
  Get,
  Head,
  HttpStatus,
  Options,
  Param,
  Patch,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { CodedErrorsInterceptor } from '../../http/coded-errors.interceptor.js';
import { notPiece } from '../../http/parser-errors.js';
import { BackupCore } from '../backup-core.js';
import { FinishUploads } from '../uploads/finish-uploads.js';
import type { UploadRecord } from '../uploads/upload-record.js';
import { UploadStates } from '../uploads/upload-states.js';
import { offsetOf } from '../uploads/upload-store.js';
import { Uploads } from '../uploads/uploads.service.js';
import { Answers } from './answers.js';
import { ActGuard, SeeGuard } from './page-guards.js';
import { readFields } from './request-fields.js';
import { isPiece, isTus, offsetIn, pieceIn, TUS_EXTENSIONS, TUS_VERSION, type TusRequest } from './tus.js';
import { badOffset, bodyTaken, notTus, uploadIsBusy } from './upload-errors.js';

const CREATE_FIELDS = {
  destination: { type: 'string' },
  filename: { type: 'string' },
  size: { type: 'count' },
  lastModified: { type: 'count', optional: true },
  plaintext: { type: 'boolean', optional: true },
} as const;

/** Parameters of a path. */
interface NamedUpload {
  readonly destination: string;
  readonly id: string;
}

const FINISH_FIELDS = {
  aes_key: { type: 'string', optional: true },
  identity: { type: 'string', optional: true },
} as const;

/**
 * `POST P/uploads` begins an upload, which the tus protocol then fills: `HEAD` and `PATCH P/uploads/:destination/:id`.
 * `POST P/uploads/:destination/:id/check` checks and stores it; `DELETE` removes it.
 */
export function createUploadsController(path: string): Type {
  @Controller(path)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupUploadsController {
    constructor(
      readonly core: BackupCore,
      readonly answers: Answers,
      readonly uploads: Uploads,
      readonly finishing: FinishUploads,
      readonly states: UploadStates,
    ) {}

    @Post('uploads')
    @UseGuards(ActGuard)
    async begin(@Req() request: object, @Res() response: unknown, @Body() body: unknown): Promise<void> {
      const { lastModified = null, plaintext = false, ...asked } = readFields(body, CREATE_FIELDS);
      const { user } = await this.core.requests.requester(request);
      const upload = await this.uploads.create({ ...asked, lastModified, plaintext }, user);
      this.core.requests.passed(request);
      const answer = this.states.begun(upload, pathOf(request));
      this.tus(response, { Location: answer.url, ...expiring(upload.record) });
      await this.answers.json(response, answer, HttpStatus.CREATED);
    }

    @Get('uploads')
    @UseGuards(SeeGuard)
    async list(@Req() request: object, @Res() response: unknown): Promise<void> {
      const { user } = await this.core.requests.requester(request);
      this.core.requests.passed(request);
      await this.answers.json(response, await this.states.all(user, pathOf(request)));
    }

    @Options('uploads')
    @UseGuards(SeeGuard)
    async protocol(@Req() request: object, @Res() response: unknown): Promise<void> {
      this.core.requests.passed(request);
      const most = String(this.core.options.uploads.maxBytes);
      this.tus(response, { 'Tus-Version': TUS_VERSION, 'Tus-Extension': TUS_EXTENSIONS, 'Tus-Max-Size': most });
      await this.answers.nothing(response);
    }

    // Before the other one: Fastify makes a HEAD route of its own for each GET route without one.
    @Head('uploads/:destination/:id')
    @UseGuards(SeeGuard)
    async offset(
      @Req() request: TusRequest,
      @Res() response: unknown,
      @Param() { destination, id }: NamedUpload,
    ): Promise<void> {
      this.tus(response);
      if (!isTus(request)) throw notTus();
      const { user } = await this.core.requests.requester(request);
      const upload = await this.uploads.find(destination, id, user);
      this.core.requests.passed(request);
      const size = String(upload.record.size);
      this.tus(response, {
        'Upload-Offset': String(offsetOf(upload)),
        'Upload-Length': size,
        ...expiring(upload.record),
      });
      await this.answers.nothing(response, HttpStatus.OK);
    }

    @Get('uploads/:destination/:id')
    @UseGuards(SeeGuard)
    async state(
      @Req() request: object,
      @Res() response: unknown,
      @Param() { destination, id }: NamedUpload,
    ): Promise<void> {
      const { user } = await this.core.requests.requester(request);
      const answer = await this.states.one(destination, id, user, parentOf(request));
      this.core.requests.passed(request);
      await this.answers.json(response, answer);
    }

    @Patch('uploads/:destination/:id')
    @UseGuards(SeeGuard)
    async piece(
      @Req() request: TusRequest,
      @Res() response: unknown,
      @Param() { destination, id }: NamedUpload,
    ): Promise<void> {
      this.tus(response);
      if (!isTus(request)) throw notTus();
      if (!isPiece(request)) throw notPiece();
      const from = offsetIn(request);
      if (from === undefined) throw badOffset();
      const body = pieceIn(request);
      if (!body) throw bodyTaken();
      const { user } = await this.core.requests.requester(request);
      if (this.finishing.isChecked(id)) throw uploadIsBusy();
      const { record, offset } = await this.uploads.receive({ destination, id }, user, from, body);
      this.core.requests.passed(request);
      this.tus(response, { 'Upload-Offset': String(offset), ...expiring(record) });
      await this.answers.nothing(response);
    }

    @Delete('uploads/:destination/:id')
    @UseGuards(SeeGuard)
    async remove(
      @Req() request: TusRequest,
      @Res() response: unknown,
      @Param() { destination, id }: NamedUpload,
    ): Promise<void> {
      this.tus(response);
      if (!isTus(request)) throw notTus();
      const { user } = await this.core.requests.requester(request);
      const upload = await this.uploads.find(destination, id, user);
      if (await this.finishing.isBusy(id)) throw uploadIsBusy();
      await this.uploads.remove(upload);
      this.core.requests.passed(request);
      await this.answers.nothing(response);
    }

    /** It goes on without the client; how it ends is in the upload's state, the events and the log. */
    @Post('uploads/:destination/:id/check')
    @UseGuards(ActGuard)
    async check(
      @Req() request: object,
      @Res() response: unknown,
      @Param() { destination, id }: NamedUpload,
      @Body() body: unknown,
    ): Promise<void> {
      const { aes_key: aesKey, identity } = readFields(body, FINISH_FIELDS);
      const requester = await this.core.requests.requester(request);
      await this.finishing.begin(destination, id, { aesKey, identity }, { via: 'http', ...requester });
      this.core.requests.passed(request);
      await this.answers.json(response, { id }, HttpStatus.ACCEPTED);
    }

    private tus(response: unknown, headers: Readonly<Record<string, string>> = {}): void {
      const all = { 'Tus-Resumable': TUS_VERSION, ...headers };
      for (const [name, value] of Object.entries(all)) this.answers.header(response, name, value);
    }
  }
  return BackupUploadsController;
}

function expiring({ expiresAt }: UploadRecord): Readonly<Record<string, string>> {
  return { 'Upload-Expires': new Date(expiresAt).toUTCString() };
}

/** Of the request, with whatever prefix and version the application has put before it, and without a slash at its end. */
function pathOf(request: object): string {
  const { originalUrl, url } = request as { originalUrl?: string; url?: string };
  const [pathname = ''] = (originalUrl ?? url ?? '').split('?', 1);
  return pathname.replace(/\/$/, '');
}

/** Of `uploads`, for a request to one of them. */
function parentOf(request: object): string {
  return pathOf(request).split('/').slice(0, -2).join('/');
}

import {
  BadRequestException,
  HttpException,
  HttpStatus,
  Inject,
  Injectable,
  type OnModuleInit,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { Availability } from './availability.js';
import { withCode } from './error-response.js';
import type { FastifyInstance } from './fastify.js';
import { notJson } from './json-body.guard.js';
import { isOwn, OWN_ROUTES, type OwnRoute } from './own-routes.js';

interface ExpressRequest {
  readonly method: string;
  readonly path: string;
}

/**
 * Adds a code when the application's body parser refuses a request to our routes, before any guard runs. Not while the endpoint
 * is off, so that its path looks like any other.
 */
@Injectable()
export class ParserErrors implements OnModuleInit {
  constructor(
    @Inject(OWN_ROUTES) private readonly routes: readonly OwnRoute[],
    private readonly availability: Availability,
    private readonly host: HostNest,
  ) {
    const { httpAdapter } = host.adapterHost;
    if (httpAdapter?.getType() !== 'fastify') return;
    // Routes are registered after all providers were created.
    httpAdapter.getInstance<FastifyInstance>().addHook('onRoute', (route) => {
      if (!isOwn(routes, route.method, route.url)) return;
      route.errorHandler = async (error) => {
        throw await this.coded(error, route.method);
      };
    });
  }

  /** After the parser and the routes, before Nest's own error handler. */
  onModuleInit(): void {
    const { httpAdapter } = this.host.adapterHost;
    if (httpAdapter?.getType() !== 'express') return;
    httpAdapter.use(
      async (error: unknown, { method, path }: ExpressRequest, _: unknown, next: (error: unknown) => void) =>
        next(isOwn(this.routes, method, path) ? await this.coded(error, method) : error),
    );
  }

  private async coded(error: unknown, method: unknown): Promise<unknown> {
    const { statusCode, message } = Object(error) as { statusCode?: number; message?: string };
    if (error instanceof HttpException || statusCode === undefined || statusCode < 400 || statusCode >= 500) {
      return error;
    }
    if (!this.availability.hasKey || !(await this.availability.isEnabled())) return error;
    if (statusCode === HttpStatus.UNSUPPORTED_MEDIA_TYPE) {
      return method === 'PATCH' ? notPiece() : withCode(notJson(), 'NOT_JSON');
    }
    if (statusCode !== HttpStatus.BAD_REQUEST) return withCode(new HttpException({ statusCode, message }, statusCode));
    if (error instanceof URIError) {
      return withCode(
        new BadRequestException('The address is not valid: after each % stand two hexadecimal digits of UTF-8.'),
        'INVALID_BODY',
      );
    }
    // The parser's own message quotes the body.
    return withCode(new BadRequestException('The body is not valid JSON.'), 'INVALID_BODY');
  }
}

/** The only route that takes something else than JSON. */
export function notPiece(): HttpException {
  const problem = 'Send the piece as application/offset+octet-stream, without a Content-Encoding.';
  return withCode(new UnsupportedMediaTypeException(problem), 'NOT_PIECE');
}

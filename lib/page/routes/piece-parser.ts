import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HostNest } from '../../host/host-nest.js';
import { PIECE_TYPE } from './tus.js';

/** What is used of a Fastify instance; Fastify is not a peer dependency. */
interface FastifyParsers {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): void;
}

/**
 * Lets pieces of uploads through to their route unread: Fastify refuses what no parser is registered for. Express leaves
 * alone what it does not know.
 */
@Injectable()
export class PieceParser implements OnApplicationBootstrap {
  constructor(private readonly host: HostNest) {}

  /** After the application's own parsers, which may include one for this type. */
  onApplicationBootstrap(): void {
    const { httpAdapter } = this.host.adapterHost;
    if (httpAdapter?.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyParsers>();
    if (fastify.hasContentTypeParser(PIECE_TYPE)) return;
    fastify.addContentTypeParser(PIECE_TYPE, (_, __, done) => done(null));
  }
}

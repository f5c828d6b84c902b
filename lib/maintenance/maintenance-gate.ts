import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { RESTORE_OVER_HTTP, type RestoreOverHttp } from '../options/restore-over-http.js';
import { Maintenance } from './maintenance.js';
import { servedRoutes } from './served-routes.js';

/** In seconds. */
const RETRY_AFTER = 5;

const ANSWER = {
  statusCode: 503,
  error: 'Service Unavailable',
  code: 'MAINTENANCE',
  message: 'A backup is being restored. Try again in a moment.',
};

const HEADERS = { 'Retry-After': String(RETRY_AFTER), 'Cache-Control': 'no-store' };

interface FastifyReply {
  readonly raw: ServerResponse;
  code(status: number): this;
  headers(headers: Record<string, string>): this;
  send(body: object): this;
}

/** The hook of a Fastify instance that is used; Fastify is not a peer dependency. */
interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: IncomingMessage }, reply: FastifyReply, done: () => void) => void,
  ): void;
}

/**
 * Turns requests away during maintenance, before anything of the application sees them, except those for the page, and
 * counts those that it has let in.
 */
@Injectable()
export class MaintenanceGate implements OnModuleInit {
  private readonly isServed: (url: string) => boolean;
  private readonly waiting = new Set<() => void>();
  private inside = 0;
  /** Undefined until the application is complete. */
  private maintenance: Maintenance | undefined;

  /** What providers register comes before the application's own middleware, which needs a complete application. */
  constructor(
    @Inject(RESTORE_OVER_HTTP) { path }: RestoreOverHttp,
    private readonly host: HostNest,
  ) {
    this.isServed = servedRoutes(path);
    const { httpAdapter } = host.adapterHost;
    if (httpAdapter?.getType() === 'express') {
      httpAdapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (this.letsIn(request, response)) next();
        else response.writeHead(503, { ...HEADERS, 'Content-Type': 'application/json; charset=utf-8' }).end(json);
      });
    } else if (httpAdapter?.getType() === 'fastify') {
      httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', ({ raw }, reply, done) => {
        if (this.letsIn(raw, reply.raw)) done();
        else reply.code(503).headers(HEADERS).send(ANSWER);
      });
    }
  }

  onModuleInit(): void {
    this.maintenance = this.host.moduleRef.get(Maintenance, { strict: false });
  }

  /** Resolves when all that were let in have been answered, at the latest after so many milliseconds. */
  async drained(limit: number): Promise<void> {
    if (this.inside === 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limit);
      this.waiting.add(done);
    });
  }

  private letsIn(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.isServed(request.url ?? '')) return true;
    if (this.maintenance?.state) return false;
    this.inside++;
    response.once('close', () => {
      this.inside--;
      if (this.inside === 0) for (const done of this.waiting) done();
    });
    return true;
  }
}

const json = JSON.stringify(ANSWER);

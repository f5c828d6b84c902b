import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Injection token of the endpoint's path, given as the module extra `path`. */
export const BACKUP_PATH = Symbol('nestjs-backup:path');

/** The part of a Fastify instance and its route options that is used; Fastify is not a peer. */
interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
}
interface FastifyInstance {
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
  hasRoute(route: FastifyRoute): boolean;
  route(route: FastifyRoute): void;
}

/**
 * Serves the endpoint with a trailing slash on Fastify too; Express does so by itself. Nest strips the slash from
 * declared paths, and its wildcard, which would match, makes Express hosts log a warning at every start.
 */
@Injectable()
export class TrailingSlash {
  // Routes are registered after all providers were made, and before any lifecycle hook.
  constructor(@Inject(BACKUP_PATH) path: string, { httpAdapter }: HttpAdapterHost) {
    if (httpAdapter?.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', (route) => {
      const slashed = { ...route, url: `${route.url}/` };
      if (route.method !== 'POST' || !route.url.endsWith(`/${path}`) || fastify.hasRoute(slashed)) return;
      fastify.route(slashed);
    });
  }
}

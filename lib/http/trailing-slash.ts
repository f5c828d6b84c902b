import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Injection token of the `SlashedRoute`s. */
export const SLASHED_ROUTES = Symbol('nestjs-backup:slashed-routes');

/** A route of the library, with its path below the global prefix, without slashes around. */
export interface SlashedRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

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
 * Serves the endpoints with a trailing slash on Fastify too; Express does so by itself. Nest strips the slash from
 * declared paths, and its wildcard, which would match, makes Express hosts log a warning at every start.
 */
@Injectable()
export class TrailingSlash {
  // Routes are registered after all providers were made, and before any lifecycle hook.
  constructor(@Inject(SLASHED_ROUTES) routes: readonly SlashedRoute[], { httpAdapter }: HttpAdapterHost) {
    if (httpAdapter?.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', (route) => {
      const slashed = { ...route, url: `${route.url}/` };
      const isOurs = routes.some(({ method, path }) => route.method === method && route.url.endsWith(`/${path}`));
      if (!isOurs || fastify.hasRoute(slashed)) return;
      fastify.route(slashed);
    });
  }
}

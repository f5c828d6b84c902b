import { Inject, Injectable } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import type { FastifyInstance } from './fastify.js';
import { isOwn, OWN_ROUTES, type OwnRoute } from './own-routes.js';

/**
 * Serves the endpoints with a trailing slash on Fastify too; Express does so anyway. Nest strips the slash from declared
 * paths, and its wildcard, which would match, makes Express applications log a warning at every start.
 */
@Injectable()
export class TrailingSlashRoutes {
  // Routes are registered after all providers were created, and before any lifecycle hook.
  constructor(@Inject(OWN_ROUTES) routes: readonly OwnRoute[], { adapterHost: { httpAdapter } }: HostNest) {
    if (httpAdapter?.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', (route) => {
      const slashed = { ...route, url: `${route.url}/` };
      if (route.url.endsWith('/') || !isOwn(routes, route.method, route.url) || fastify.hasRoute(slashed)) return;
      fastify.route(slashed);
    });
  }
}

/** The parts of a Fastify instance and its route options that are used; Fastify is not a peer dependency. */
export interface FastifyRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  /** What it throws is passed on to the instance's handler. */
  errorHandler?: (error: unknown) => unknown;
}

export interface FastifyInstance {
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
  hasRoute(route: FastifyRoute): boolean;
  route(route: FastifyRoute): void;
}

import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { Availability } from './availability.js';
import { OWN_ROUTES, type OwnRoute } from './own-routes.js';

/** Warns once, at startup, that the routes in Nest's log answer 404 as long as there is no backup key. */
@Injectable()
export class MissingKeyNotice implements OnApplicationBootstrap {
  private readonly logger = new Logger(MissingKeyNotice.name);

  constructor(
    @Inject(OWN_ROUTES) private readonly routes: readonly OwnRoute[],
    private readonly availability: Availability,
    private readonly host: HostNest,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { availability, routes } = this;
    if (availability.hasKey || !this.host.adapterHost.httpAdapter) return;
    if (!(await availability.isEnabled())) return;
    const paths = [...new Set(routes.map(({ path }) => `"${path}"`))].join(', ');
    this.logger.warn(
      `The option backupKey of BackupModule is not set, so ${paths} will answer 404 to everybody; the command line and ` +
        'the services work without it. Set it to a secret of at least 20 characters (make one with: openssl rand -hex 32), ' +
        'or set enabled: false if you do not want the endpoint.',
    );
  }
}

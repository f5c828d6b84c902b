import { Controller, Get, Header, Req, type Type, UseGuards } from '@nestjs/common';
import { AvailabilityGuard } from '../http/availability.guard.js';
import { HostGuards } from '../http/host-guards.guard.js';
import { Requests } from '../http/requests.js';
import { SystemUserGuard } from '../http/system-user.guard.js';
import { MetricsService } from './metrics.service.js';
import { PROMETHEUS_TYPE } from './prometheus-text.js';

/** Where the figures are, below the endpoint. */
export function metricsPathOf(path: string): string {
  return `${path.replace(/^\/+|\/+$/g, '')}/metrics`;
}

/** `GET {prefix}/utils/backup/metrics`: the figures, for system users. */
export function createMetricsController(path: string): Type {
  @Controller(path)
  @UseGuards(AvailabilityGuard, HostGuards, SystemUserGuard)
  class BackupMetricsController {
    constructor(
      readonly metrics: MetricsService,
      readonly requests: Requests,
    ) {}

    @Get()
    @Header('Content-Type', PROMETHEUS_TYPE)
    @Header('Cache-Control', 'no-store')
    text(@Req() request: object): Promise<string> {
      this.requests.passed(request);
      return this.metrics.text();
    }
  }
  return BackupMetricsController;
}

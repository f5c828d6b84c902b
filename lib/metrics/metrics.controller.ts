import { Controller, Get, Req, Res, type Type, UseGuards, UseInterceptors } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AvailabilityGuard } from '../http/availability.guard.js';
import { CodedErrorsInterceptor } from '../http/coded-errors.interceptor.js';
import { HostGuardsGuard } from '../http/host-guards.guard.js';
import { RequestAudit } from '../http/request-audit.service.js';
import { SystemUserGuard } from '../http/system-user.guard.js';
import { MetricsService } from './metrics.service.js';
import { PROMETHEUS_TYPE } from './prometheus-text.js';

/** The path of the metrics, below the endpoint. */
export function metricsPathOf(path: string): string {
  return `${path.replace(/^\/+|\/+$/g, '')}/metrics`;
}

/** `GET {prefix}/utils/backup/metrics`: the metrics, for system users. */
export function createMetricsController(path: string): Type {
  @Controller(path)
  @UseGuards(AvailabilityGuard, HostGuardsGuard, SystemUserGuard)
  @UseInterceptors(CodedErrorsInterceptor)
  class BackupMetricsController {
    constructor(
      readonly metrics: MetricsService,
      readonly requests: RequestAudit,
      readonly adapterHost: HttpAdapterHost,
    ) {}

    @Get()
    async text(@Req() request: object, @Res({ passthrough: true }) response: unknown): Promise<string> {
      this.requests.passed(request);
      const text = await this.metrics.text();
      // Only now: an error before this point is sent as JSON.
      this.adapterHost.httpAdapter.setHeader(response, 'Content-Type', PROMETHEUS_TYPE);
      this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
      return text;
    }
  }
  return BackupMetricsController;
}

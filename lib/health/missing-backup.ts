import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { NOBODY } from '../audit/audit-events.js';
import { HostNest } from '../host/host-nest.js';
import { resolveProvider } from '../host/resolve-provider.js';
import { StatusService } from '../status/status.service.js';
import { HEALTH_LIMITS, type HealthLimits } from './health-options.js';

const DAY_MS = 86_400_000;

/** Tells once, as the event `backup.missing`, when the last good backup has become too old. */
@Injectable()
export class MissingBackup implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  /** The backup after which nothing more was told; null: there was none. */
  private toldAfter: number | null | undefined;

  constructor(
    @Inject(HEALTH_LIMITS) private readonly limits: HealthLimits,
    private readonly host: HostNest,
  ) {}

  onApplicationBootstrap(): void {
    void this.look();
  }

  onModuleDestroy(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    const backup = await resolveProvider(this.host, StatusService, 'health').lastBackup();
    if (this.isOver) return;
    const last = backup?.finished.getTime() ?? null;
    const { backupDays, lookEveryMs } = this.limits;
    const left = last === null ? 0 : last + backupDays * DAY_MS - Date.now();
    if (left <= 0 && this.toldAfter !== last) {
      this.toldAfter = last;
      const details = { lastBackup: backup?.finished ?? null, days: backupDays };
      resolveProvider(this.host, AuditService, 'health').record('backup.missing', NOBODY, details);
    }
    const wait = left > 0 ? Math.min(left + 1, lookEveryMs) : lookEveryMs;
    this.timer = setTimeout(() => void this.look(), wait).unref();
  }
}

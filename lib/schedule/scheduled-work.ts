import { Logger } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import type { VerificationService } from '../restore/verification.service.js';
import type { BackupStore } from '../store/backup-store.js';
import type { ScheduledRuns } from '../store/scheduled-runs.js';
import { visible } from '../support/visible-text.js';
import type { Schedule } from './schedule-options.js';

/** What schedules do. None of it throws: a failure is logged, and the next run tries again. */
export class ScheduledWork {
  private readonly logger = new Logger(ScheduledWork.name);

  constructor(
    private readonly store: BackupStore,
    private readonly runs: ScheduledRuns,
    private readonly verifications: VerificationService,
    private readonly signal: AbortSignal,
  ) {}

  async run(schedule: Schedule, scheduledAt: Date): Promise<void> {
    if (this.signal.aborted) return;
    if (schedule.kind === 'backup') await this.backUp(schedule, scheduledAt.toISOString());
    else for (const destination of schedule.destinations) await this.testRestore(schedule, destination, scheduledAt);
  }

  private async backUp({ name, destinations, prune }: Schedule, scheduledAt: string): Promise<void> {
    const { signal } = this;
    try {
      const report = await this.runs.storeOnce({ schedule: name, scheduledAt }, { destinations, signal });
      if (!report) return;
      this.logger.log(`Schedule "${name}": backup ${report.id} of ${scheduledAt} is stored: ${report.result}.`);
      const initiator = { via: 'schedule', user: name } as const;
      if (prune) for (const destination of destinations) await this.store.prune(destination, { initiator });
    } catch (error) {
      if (!signal.aborted) this.logger.error(`Schedule "${name}" made no backup for ${scheduledAt}: ${explain(error)}`);
    }
  }

  private async testRestore({ name, scratch }: Schedule, destination: string, scheduledAt: Date): Promise<void> {
    const { signal } = this;
    try {
      const initiator = { via: 'schedule', user: name } as const;
      const report = await this.verifications.testOnce(scheduledAt, destination, { scratch, signal, initiator });
      if (report) {
        this.logger.log(
          `Schedule "${name}": backup ${visible(report.manifest.id)} in "${destination}" passed its restore test.`,
        );
      }
    } catch (error) {
      if (!signal.aborted) {
        this.logger.error(`Schedule "${name}" has no restore test of "${destination}": ${explain(error)}`);
      }
    }
  }
}

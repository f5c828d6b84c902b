import { Logger } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import type { VerificationService } from '../restore/verification.service.js';
import type { BackupStore } from '../store/backup-store.js';
import type { ScheduledRuns } from '../store/scheduled-runs.js';
import type { Schedule } from './schedule-options.js';
import { visible } from '../support/visible-text.js';

/** What the moments of schedules are for. None of it throws: what fails is in the log, and tried again at the next moment. */
export class ScheduledWork {
  private readonly logger = new Logger('BackupModule');

  constructor(
    private readonly store: BackupStore,
    private readonly runs: ScheduledRuns,
    private readonly verifications: VerificationService,
    private readonly signal: AbortSignal,
  ) {}

  async run(schedule: Schedule, moment: Date): Promise<void> {
    if (this.signal.aborted) return;
    if (schedule.kind === 'backup') await this.backUp(schedule, moment.toISOString());
    else for (const destination of schedule.destinations) await this.prove(schedule, destination, moment);
  }

  private async backUp({ name, destinations, prune }: Schedule, moment: string): Promise<void> {
    const { signal } = this;
    try {
      const report = await this.runs.storeOnce({ schedule: name, moment }, { destinations, signal });
      if (!report) return;
      this.logger.log(`Schedule "${name}": backup ${report.id} of ${moment} is stored: ${report.result}.`);
      const initiator = { via: 'schedule', user: name } as const;
      if (prune) for (const destination of destinations) await this.store.prune(destination, { initiator });
    } catch (error) {
      if (!signal.aborted) this.logger.error(`Schedule "${name}" made no backup of ${moment}: ${explain(error)}`);
    }
  }

  private async prove({ name, scratch }: Schedule, destination: string, moment: Date): Promise<void> {
    const { signal } = this;
    try {
      const initiator = { via: 'schedule', user: name } as const;
      const report = await this.verifications.proveOnce(moment, destination, { scratch, signal, initiator });
      if (report)
        this.logger.log(`Schedule "${name}": backup ${visible(report.manifest.id)} in "${destination}" is proven.`);
    } catch (error) {
      if (!signal.aborted)
        this.logger.error(`Schedule "${name}" proved nothing in "${destination}": ${explain(error)}`);
    }
  }
}

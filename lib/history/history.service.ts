import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import type { BackupEvent } from '../audit/audit-events.js';
import { DatabaseService } from '../database/database.service.js';
import { explain } from '../errors/explain.js';
import { invalidOption } from '../errors/usage-errors.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { BackupLog } from './backup-log.entity.js';
import { inAscii, rowOf } from './log-row.js';

const CUT_OFF = 'ABORTED: The process ended before the backup was complete.';

/** A page of the history, newest first. */
export interface HistoryPage {
  /** From 1. */
  readonly page: number;
  /** Rows per page. */
  readonly limit: number;
  /** Rows on all pages. */
  readonly total: number;
  readonly items: readonly BackupLog[];
}

/** Keeps the audit's events of runs in a table of the application; a row that cannot be written is only a logged error. */
@Injectable()
export class HistoryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HistoryService.name);
  /** Events wait until the application's database is available; rows are written one after another. */
  private begin!: () => void;
  private written = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  /** @internal */
  constructor(
    private readonly databases: DatabaseService,
    audit: AuditService,
    private readonly maintenance: Maintenance,
  ) {
    audit.listen((event) => this.take(event));
  }

  /** @throws BackupError `INVALID_OPTIONS` when the application does not have the entity */
  onApplicationBootstrap(): void {
    if (!this.databases.knows(BackupLog)) {
      throw invalidOption(
        'history',
        'the DataSource does not have the entity BackupLog',
        'Add BackupLog to its entities, and CreateBackupLog1795392000000 to its migrations.',
      );
    }
    this.begin();
  }

  /** Before the database connections are closed, and after aborted runs have recorded their end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.begin();
    await this.written;
  }

  /** @param page from 1 */
  async page(page: number, limit: number): Promise<HistoryPage> {
    const [items, total] = await this.databases.repository(BackupLog).findAndCount({
      order: { started: 'DESC', id: 'ASC' },
      skip: (page - 1) * limit,
      take: limit,
    });
    return { page, limit, total, items };
  }

  /** The newest successful one, not counting redacted backups and verifications without a restore; null when there is none. */
  async lastSuccess(kind: 'backup' | 'verify'): Promise<BackupLog | null> {
    const where = { kind, state: 'success', error: IsNull(), restoreTest: kind === 'verify' } as const;
    return this.databases.repository(BackupLog).findOne({ where, order: { finished: 'DESC' } });
  }

  private take(event: BackupEvent): void {
    const row = rowOf(event);
    if (!row) return;
    this.written = this.written
      // A restore of the running application may keep every writer out, and some drivers wait without yielding.
      .then(() => this.maintenance.whenOver())
      .then(() => this.write(row))
      .catch((error: unknown) =>
        this.logger.error(`Could not write ${row.kind} ${row.id} to the history: ${explain(error)}`),
      );
  }

  private async write(row: BackupLog): Promise<void> {
    const rows = this.databases.repository(BackupLog);
    if (row.state === 'running') {
      // This backup holds the only lock: any other that seems to run was killed, or is about to record its end.
      const others = { kind: 'backup', state: 'running', id: Not(row.id) } as const;
      await rows.update(others, { state: 'failed', finished: row.started, error: CUT_OFF });
    }
    const save = (log: BackupLog) => rows.save(rows.create(log), { transaction: false, listeners: false });
    await save(row).catch(async (error: unknown) => {
      // A table with an older character set rejects some names, but can still take the row.
      await save(inAscii(row)).catch(() => {
        throw error;
      });
    });
  }
}

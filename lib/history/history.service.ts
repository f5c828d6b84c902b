import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import type { BackupEvent } from '../audit/audit-events.js';
import { AuditService } from '../audit/audit.service.js';
import { explain } from '../errors/explain.js';
import { invalidOption } from '../errors/usage-errors.js';
import { DatabaseService } from '../database/database.service.js';
import { BackupLog } from './backup-log.entity.js';
import { inAscii, rowOf } from './log-row.js';

const CUT_OFF = 'ABORTED: Its process ended before it was done.';

/** A page of the history, newest first. */
export interface HistoryPage {
  /** From 1. */
  readonly page: number;
  /** Rows of a page. */
  readonly limit: number;
  /** Rows of all pages. */
  readonly total: number;
  readonly items: readonly BackupLog[];
}

/** Keeps what the audit tells of runs in a table of the host; one that cannot be written is an error in the log only. */
@Injectable()
export class HistoryService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HistoryService.name);
  /** Events before the host's database is there wait; rows are written one after another. */
  private begin!: () => void;
  private written = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  /** @internal */
  constructor(
    private readonly databases: DatabaseService,
    audit: AuditService,
  ) {
    audit.listen((event) => this.take(event));
  }

  /** @throws BackupError `INVALID_OPTIONS` when the host does not know the entity */
  onApplicationBootstrap(): void {
    if (!this.databases.knows(BackupLog)) {
      throw invalidOption(
        'history',
        'the DataSource does not know the entity BackupLog',
        'Add BackupLog to its entities, and CreateBackupLog1795392000000 to its migrations.',
      );
    }
    this.begin();
  }

  /** Before the database's connections are closed, and after whoever broke off has told of it. */
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

  /** The newest that ended well, redacted backups and verifications without a restore left out; null when there is none. */
  async lastSuccess(kind: 'backup' | 'verify'): Promise<BackupLog | null> {
    const where = { kind, state: 'success', error: IsNull(), restoreTest: kind === 'verify' } as const;
    return this.databases.repository(BackupLog).findOne({ where, order: { finished: 'DESC' } });
  }

  private take(event: BackupEvent): void {
    const row = rowOf(event);
    if (!row) return;
    this.written = this.written
      .then(() => this.write(row))
      .catch((error: unknown) => this.logger.error(`The history lacks ${row.kind} ${row.id}: ${explain(error)}`));
  }

  private async write(row: BackupLog): Promise<void> {
    const rows = this.databases.repository(BackupLog);
    if (row.state === 'running') {
      // It has the lock that only one has: whoever else seems to run was killed, or is about to tell how it ended.
      const others = { kind: 'backup', state: 'running', id: Not(row.id) } as const;
      await rows.update(others, { state: 'failed', finished: row.started, error: CUT_OFF });
    }
    const save = (log: BackupLog) => rows.save(rows.create(log), { transaction: false, listeners: false });
    await save(row).catch(async (error: unknown) => {
      // A table of an older character set does not take every name, and takes the row all the same.
      await save(inAscii(row)).catch(() => {
        throw error;
      });
    });
  }
}

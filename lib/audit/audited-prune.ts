import { randomUUID } from 'node:crypto';
import { BackupError } from '../errors/backup-error.js';
import type { AuditService } from './audit.service.js';
import { type Initiator, NOBODY } from './audit-events.js';

/** The event of one pruning. */
export class AuditedPrune {
  private readonly begun = performance.now();
  private readonly initiator: Initiator;

  constructor(
    private readonly audit: AuditService,
    private readonly destination: string,
    initiator: Partial<Initiator> = {},
  ) {
    this.initiator = { ...NOBODY, ...initiator };
  }

  /** @param error what went wrong, if anything did */
  ended(done: { readonly deleted: readonly string[]; readonly bytes: number }, error?: unknown): void {
    const { deleted, bytes } = done;
    const milliseconds = Math.round(performance.now() - this.begun);
    const details = { id: randomUUID(), destination: this.destination, deleted, bytes, milliseconds };
    if (error === undefined) {
      this.audit.record('prune.finished', this.initiator, { ...details, result: 'success' });
      return;
    }
    const known = error instanceof BackupError ? error : undefined;
    const [code, message] = [known?.code ?? ('INTERNAL' as const), known?.message ?? 'See the log.'];
    this.audit.record('prune.failed', this.initiator, { ...details, result: 'failed', code, message });
  }
}

import { ConsoleLogger } from '@nestjs/common';
import { BackupService } from '../../backup/backup.service.js';
import { HistoryService } from '../../history/history.service.js';
import { RestoreService } from '../../restore/restore.service.js';
import { VerificationService } from '../../restore/verification.service.js';
import { BackupStore } from '../../store/backup-store.js';
import { heldErrors } from './held-errors.js';

/** Of the library: an audit line says in JSON what the command prints anyway. */
const AUDIT = 'BackupAudit';
/** The services that log why a run failed; each logs under the name of its class. */
const LIBRARY: ReadonlySet<unknown> = new Set(
  [BackupService, BackupStore, HistoryService, RestoreService, VerificationService].map(({ name }) => name),
);
/** Logs every attempt to connect; the last one is the command's own error. */
const CONNECTING = 'TypeOrmModule';

/** What the application and the library log while a command runs. */
export class HostLog extends ConsoleLogger {
  constructor(quiet: boolean) {
    super({
      logLevels: quiet ? ['error', 'fatal'] : ['warn', 'error', 'fatal'],
      colors: process.stderr.isTTY === true,
    });
  }

  override warn(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== AUDIT) super.warn(message, ...(rest as string[]));
  }

  /** A command prints its own error; the library's line is held, in case it says anything else. */
  override error(message: unknown, ...rest: unknown[]): void {
    const say = () => super.error(message, ...(rest as string[]));
    if (LIBRARY.has(rest.at(-1))) heldErrors.hold(String(message), say);
    else if (rest.at(-1) === CONNECTING) this.warn(message, CONNECTING);
    else say();
  }
}

import { ConsoleLogger } from '@nestjs/common';
import { heldErrors } from './held-errors.js';

/** Of the library: a line of the audit says in JSON what the command says in words. */
const AUDIT = 'BackupAudit';
const LIBRARY = 'BackupModule';
/** It tells of every attempt to connect, of which the last one is the command's own error. */
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

  /** What breaks a command is said by the command; the library's own line waits, to see whether it says anything else. */
  override error(message: unknown, ...rest: unknown[]): void {
    const say = () => super.error(message, ...(rest as string[]));
    if (rest.at(-1) === LIBRARY) heldErrors.hold(String(message), say);
    else if (rest.at(-1) === CONNECTING) this.warn(message, CONNECTING);
    else say();
  }
}

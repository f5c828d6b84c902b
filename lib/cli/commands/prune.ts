import { BackupStore } from '../../store/backup-store.js';
import type { PruneReport } from '../../store/prune.js';
import { serviceOf, withHost } from '../boot-host.js';
import { describePruned, pruneForMachines } from '../describe-pruned.js';
import { ExitCode } from '../exit-codes.js';
import { operator } from '../operator.js';
import type { Terminal } from '../terminal.js';

interface PruneCommandOptions {
  readonly app: string;
  readonly from?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Boots the host and thins its destinations out, or says what would be done. */
export async function prune(terminal: Terminal, options: PruneCommandOptions): Promise<ExitCode> {
  const { app, from, dryRun } = options;
  return withHost(app, terminal.quiet, async (host) => {
    const store = serviceOf(host, BackupStore);
    const reports: PruneReport[] = [];
    for (const name of from === undefined ? store.destinations : [from]) {
      reports.push(await store.prune(name, { dryRun, initiator: operator() }));
    }
    terminal.result(options.json ? JSON.stringify(reports.map(pruneForMachines)) : describePruned(reports));
    return reports.some(({ errors }) => errors.length > 0) ? ExitCode.FAILED : ExitCode.DONE;
  });
}

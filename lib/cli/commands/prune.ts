import { BackupStore } from '../../store/backup-store.js';
import { serviceOf, withHost } from '../boot-host.js';
import { describePruned, pruneForMachines } from '../describe-pruned.js';
import { eachDestination } from '../each-destination.js';
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
    const thinOut = (name: string) => store.prune(name, { dryRun, initiator: operator() });
    const { results, code } = await eachDestination(terminal, store, from, thinOut);
    terminal.result(options.json ? JSON.stringify(results.map(pruneForMachines)) : describePruned(results));
    return results.some(({ errors }) => errors.length > 0) ? ExitCode.FAILED : code;
  });
}

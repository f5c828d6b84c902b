import { BackupStore } from '../../store/backup-store.js';
import type { PruneProgress } from '../../store/prune.js';
import { serviceOf, withHost } from '../application/boot-host.js';
import { eachDestination } from '../each-destination.js';
import { ExitCode } from '../exit-codes.js';
import { osUser } from '../os-user.js';
import { sayDone } from '../output/conclude.js';
import { describePruned, failuresOf, pruneForMachines } from '../output/describe-pruned.js';
import { Progress } from '../output/progress.js';
import type { Terminal } from '../output/terminal.js';

interface PruneCommandOptions {
  readonly app: string;
  readonly from?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const PHASES = { look: 'looking at', delete: 'deleting' };

/** Boots the application and prunes its destinations, or says what would be deleted. */
export async function prune(terminal: Terminal, options: PruneCommandOptions): Promise<ExitCode> {
  const { app, from, dryRun } = options;
  return withHost(app, terminal.quiet, async (host) => {
    const store = serviceOf(host, BackupStore);
    const { results, code } = await eachDestination(terminal, store, from, async (name) => {
      const progress = new Progress(terminal, `Pruning ${name}`, { unit: 'backup' });
      const onProgress = ({ phase, name, ...work }: PruneProgress) =>
        progress.update({ name: `${PHASES[phase]} ${name}`, work });
      try {
        return await store.prune(name, { dryRun, initiator: osUser(), onProgress });
      } finally {
        progress.stop();
      }
    });
    const failures = results.flatMap(failuresOf);
    if (options.json) terminal.json(results.map(pruneForMachines));
    else if (!terminal.quiet) terminal.result(describePruned(results));
    else for (const text of failures) terminal.warn(text);
    sayDone(terminal);
    return failures.length > 0 ? ExitCode.FAILED : code;
  });
}

import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { wrongUsage } from '../errors/usage-errors.js';
import type { BackupStore } from '../store/backup-store.js';
import { ExitCode } from './exit-codes.js';
import type { Terminal } from './output/terminal.js';

/**
 * Does something in one destination, or in all. A destination that fails is reported, and the others still get their turn.
 * @throws BackupError `WRONG_USAGE` if no destination is configured
 */
export async function eachDestination<Result>(
  terminal: Terminal,
  store: BackupStore,
  only: string | undefined,
  work: (name: string) => Promise<Result>,
): Promise<{ readonly results: Result[]; readonly code: ExitCode }> {
  if (only === undefined && store.destinations.length === 0) {
    const remedy = 'Give BackupModule the option destinations, or name the application that has them with --app.';
    throw wrongUsage('the application has no destinations, where stored backups would be', remedy);
  }
  const results: Result[] = [];
  let code: ExitCode = ExitCode.DONE;
  for (const name of only === undefined ? store.destinations : [only]) {
    try {
      results.push(await work(name));
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'DESTINATION_FAILED') throw error;
      terminal.warn(explain(error));
      code = ExitCode.FAILED;
    }
  }
  return { results, code };
}

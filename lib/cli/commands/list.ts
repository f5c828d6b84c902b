import { BackupStore } from '../../store/backup-store.js';
import { serviceOf, withHost } from '../application/boot-host.js';
import { eachDestination } from '../each-destination.js';
import { ExitCode } from '../exit-codes.js';
import { describeStored } from '../output/describe-stored.js';
import type { Terminal } from '../output/terminal.js';

interface ListOptions {
  readonly app: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** Boots the application and lists the backups in its destinations, newest first. */
export async function list(terminal: Terminal, options: ListOptions): Promise<ExitCode> {
  return withHost(options.app, terminal.quiet, async (host) => {
    const store = serviceOf(host, BackupStore);
    const { results, code } = await eachDestination(terminal, store, options.from, (name) => store.list(name));
    const backups = results.flat();
    if (options.json) terminal.json(backups);
    else if (backups.length > 0 || code === ExitCode.DONE) terminal.result(describeStored(backups));
    return code;
  });
}

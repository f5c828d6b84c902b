import type { StoredBackup } from '../../store/catalog.js';
import { BackupStore } from '../../store/backup-store.js';
import { serviceOf, withHost } from '../boot-host.js';
import { describeStored } from '../describe-stored.js';
import { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';

interface ListOptions {
  readonly app: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** Boots the host and shows what its destinations hold, newest first. */
export async function list(terminal: Terminal, options: ListOptions): Promise<ExitCode> {
  return withHost(options.app, terminal.quiet, async (host) => {
    const store = serviceOf(host, BackupStore);
    const backups: StoredBackup[] = [];
    for (const name of options.from === undefined ? store.destinations : [options.from]) {
      backups.push(...(await store.list(name)));
    }
    terminal.result(options.json ? JSON.stringify(backups) : describeStored(backups));
    return ExitCode.DONE;
  });
}

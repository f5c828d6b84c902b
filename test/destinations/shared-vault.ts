import { type BackupModuleOptions, RestoreService } from 'nestjs-backup';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';

/** Of the application whose backups lie in the vault. */
export const retentionKey = secret('what only the application knows');

/** For a suite: an application with a place for its backups, which keeps three of them, and to which others may write. */
export function sharedVault() {
  let host: StoringHost;
  let vault: MemoryDestination;
  afterEach(() => host.close());
  return {
    get host() {
      return host;
    },
    get vault() {
      return vault;
    },
    async start(options: BackupModuleOptions): Promise<void> {
      vault = new MemoryDestination();
      host = await StoringHost.start(engine('better-sqlite3'), { vault }, { retention: { last: 3 }, ...options });
    },
    store: async (options = {}) => (await host.store.store({ destinations: ['vault'], ...options })).id,
    ids: async () => (await host.store.list('vault')).map(({ id }) => id),
    json: (name: string) => JSON.parse(String(vault.objects.get(name))),
    put: (name: string, content: unknown) =>
      vault.objects.set(
        name,
        content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(JSON.stringify(content)),
      ),
    /** The id of the backup that is restored as the latest. */
    async latest(options = {}): Promise<string> {
      const wanted = { dryRun: true, replace: true, ...options };
      return (await host.app.get(RestoreService).restore({ destination: 'vault', id: 'latest' }, wanted)).manifest.id;
    },
  };
}

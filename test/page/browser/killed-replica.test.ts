import type { Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { send } from '../../fixtures/http-client.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { Replicas } from '../../fixtures/replicas.js';
import { BACKUP_KEY } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';

describeInBrowser('The page of a replica that survives another one', (browsing) => {
  const replicas = new Replicas('page-replica.mjs');
  let host: Host;
  beforeAll(async () => {
    host = await browsing.start({ options: { destinations: { vault: new MemoryDestination() } } });
    await seed(host.dataSource);
  });
  afterAll(() => replicas.killAll());

  it('says that the run of a killed process is lost, and makes the next backup', async () => {
    const { type, url } = host.dataSource.options as { type: string; url?: string };
    const replica = await replicas.start({
      HOST_DATABASE: JSON.stringify({ type, url }),
      HOST_BACKUP_KEY: BACKUP_KEY,
    });
    const port = /^port (\d+)$/m.exec(replica.said)![1];
    const { page } = await browsing.visit(host);
    await page.getByText('Nothing is running.').waitFor();
    const body = { key: BACKUP_KEY, destination: 'endless' };
    const { status } = await send(`http://127.0.0.1:${port}/api/v1/utils/backup`, { body });
    expect(status).toBe(202);
    await until('it is being stored', () => replica.said.includes('storing'), 20_000);
    await page.getByRole('heading', { name: /^Backup: / }).waitFor();

    await replicas.kill(replica);
    await page.getByText('Backup has failed: The process that it ran in has ended.').waitFor();
    await page.getByText('Nothing is running.').waitFor();

    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByRole('button', { name: 'Make the backup' }).click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
    await page.getByText('Backup has finished.').waitFor();
  });
});

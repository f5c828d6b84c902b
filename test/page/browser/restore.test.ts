import { join } from 'node:path';
import { BackupStore } from 'nestjs-backup';
import { keyPair } from '../../fixtures/age.js';
import { root } from '../../fixtures/documentation.js';
import type { Host } from '../../fixtures/host.js';
import { Project, seed } from '../../fixtures/host-entities.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY } from '../../fixtures/secrets.js';

describeInBrowser('A restore from the page', (browsing) => {
  let host: Host;
  let isHealthy = true;
  beforeAll(async () => {
    const destinations = { vault: new MemoryDestination() };
    host = await browsing.start({
      options: { destinations, encryptionKey: AES_KEY, healthCheck: () => isHealthy },
      extras: { restoreOverHttp: true },
    });
    await seed(host.dataSource);
    await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    await host.dataSource.getRepository(Project).save({ name: 'made after the backup' });
  });

  const names = async () => {
    const projects = await host.dataSource.getRepository(Project).find({ order: { id: 'ASC' } });
    return projects.map(({ name }) => name);
  };
  const begin = async () => {
    const visit = await browsing.visit(host, { viewport: { width: 1120, height: 900 } });
    const { page } = visit;
    // The oldest one: restore points are stored beside it.
    await page
      .getByRole('button', { name: /^Restore/ })
      .last()
      .click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.getByRole('button', { name: 'Continue' }).click();
    return visit;
  };
  const confirm = async ({ page }: Awaited<ReturnType<typeof begin>>) => {
    const field = page.getByLabel(/to confirm$/);
    await field.fill('something else');
    expect(await page.getByRole('button', { name: 'Restore', exact: true }).isDisabled()).toBe(true);
    await field.fill(await page.locator('label strong').innerText());
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
  };
  const result = (text: string) => ({ name: `Last restore ${text}` });

  it('shows its plan, is confirmed by a name, and is done in six presses; one undoes it', async () => {
    const visit = await begin();
    const { page } = visit;
    const dialog = page.getByRole('dialog', { name: 'Restore a backup' });
    await dialog.getByRole('row', { name: /project 2 3$/ }).waitFor();
    expect(await visit.unaccessible()).toEqual([]);
    // The plan is no restore, which could be said to have finished.
    expect(await page.getByText(/^Restore has/).count()).toBe(0);
    if (process.env.TEST_PICTURES) await page.screenshot({ path: join(root, 'docs/page-restore.png') });
    await confirm(visit);
    expect(await visit.presses()).toBeLessThanOrEqual(6);
    await page.getByRole('heading', result('A restore is running')).waitFor();
    await page.getByRole('heading', result('Restored')).waitFor();
    await page.getByText('Restored. The application has').waitFor();
    expect(await names()).toEqual(['Größe "A"', 'B']);

    await page.getByRole('button', { name: 'Undo the restore' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo the restore' }).click();
    await page.getByRole('heading', { name: /Undone$/ }).waitFor();
    expect(await names()).toEqual(['Größe "A"', 'B', 'made after the backup']);
    expect(await visit.unaccessible()).toEqual([]);
  });

  it('is rolled back if the application does not pass its check, and the page says so', async () => {
    isHealthy = false;
    const visit = await begin();
    await confirm(visit);
    await visit.page.getByRole('heading', result('Rolled back')).waitFor();
    expect(await names()).toEqual(['Größe "A"', 'B', 'made after the backup']);
    // After a reload, too.
    await visit.page.reload();
    await visit.page.getByRole('heading', result('Rolled back')).waitFor();
    isHealthy = true;
  });
});

describeInBrowser('A restore from the page of an application that cannot open its backups', (browsing) => {
  it('asks for an identity, for an undo as well, and keeps it nowhere', async () => {
    const { recipient, identity, file } = await keyPair();
    const host = await browsing.start({
      options: { destinations: { vault: new MemoryDestination() }, recipients: [recipient] },
      extras: { restoreOverHttp: true },
    });
    await seed(host.dataSource);
    await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
    const projects = host.dataSource.getRepository(Project);
    await projects.save({ name: 'made after the backup' });

    const visit = await browsing.visit(host, { viewport: { width: 1120, height: 900 } });
    const { page } = visit;
    await page.getByRole('button', { name: /^Restore/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Restore a backup' });
    await dialog.getByLabel('Identity of a recipient').fill(recipient);
    await dialog.getByText('this is none').waitFor();
    expect(await visit.unaccessible()).toEqual([]);
    await dialog.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByText('no identity was given').waitFor();
    expect(await dialog.innerText()).toContain('give the identity of one of the recipients in its dialog');
    expect(await dialog.innerText()).not.toContain('--identity');
    await dialog.getByLabel('Identity of a recipient').fill(file);
    await dialog.getByRole('button', { name: 'Show the plan' }).click();
    const field = page.getByLabel(/to confirm$/);
    await field.fill(await page.locator('label strong').innerText());
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByText('Restored. The application has').waitFor();
    expect(await projects.countBy({ name: 'made after the backup' })).toBe(0);

    await page.getByRole('button', { name: 'Undo the restore' }).click();
    await page.getByRole('dialog').getByLabel('Identity of a recipient').fill(identity);
    await page.getByRole('dialog').getByRole('button', { name: 'Undo the restore' }).click();
    await page.getByRole('heading', { name: /Undone$/ }).waitFor();
    expect(await projects.countBy({ name: 'made after the backup' })).toBe(1);
    expect(await page.content()).not.toContain(identity.slice(15));
  });
});

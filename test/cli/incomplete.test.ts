import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { hostileZip } from '../fixtures/hostile-zip.js';
import { zipEntries } from '../fixtures/zip.js';

describe('restore --replace of a backup that is not complete', () => {
  it('leaves the file alone that the backup could not read, and replaces all others', async () => {
    const host = await CliHost.make();
    try {
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      writeFileSync(join(host.folder, 'lacks.zip'), await withoutFile(readFileSync(join(host.folder, 'b.zip'))));
      for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(join(host.files, name), 'changed');
      const restored = await host.run(['restore', 'lacks.zip', '--app', host.app, '--replace']);
      expect(restored.stdout.toString() + restored.stderr).toContain('files/b.txt');
      expect((await host.state()).files).toMatch(/^a\.txt \d+ \S+ 1 a\nb\.txt \d+ \S+ 1 changed$/);
    } finally {
      await host.remove();
    }
  });
});

/** The same archive, of a backup that could not read `b.txt`. */
async function withoutFile(archive: Buffer): Promise<Buffer> {
  const entries = await zipEntries(archive);
  const { entries: _, ...manifest } = JSON.parse(String(entries.at(-1)!.content));
  manifest.files.files = { count: 1, bytes: 1 };
  manifest.skipped = [{ path: 'files/b.txt', reason: 'it could not be read (EACCES)' }];
  manifest.complete = false;
  const rest = entries.slice(0, -1).filter(({ name }) => name !== 'files/b.txt');
  const last = { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) };
  return hostileZip([...rest.map(({ name, content }) => ({ name, content })), last]);
}

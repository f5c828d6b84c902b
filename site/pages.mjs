/** Lays the pages out as VitePress reads them: those of the repository at their own paths, so that every link stays as it is. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
export const pages = join(import.meta.dirname, 'pages');

export async function layOut() {
  await rm(pages, { recursive: true, force: true });
  await mkdir(pages);
  await cp(join(root, 'docs'), join(pages, 'docs'), { recursive: true });
  const texts = (await readdir(root)).filter((name) => name.endsWith('.md') && name !== 'README.md');
  for (const name of texts) await cp(join(root, name), join(pages, name));
  await cp(join(root, 'README.md'), join(pages, 'index.md'));
  await writeFile(join(pages, 'LICENSE.md'), `# License\n\n${await readFile(join(root, 'LICENSE'), 'utf8')}`);
  for (const name of await readdir(pages, { recursive: true })) {
    if (!name.endsWith('.md')) continue;
    const text = await readFile(join(pages, name), 'utf8');
    await writeFile(join(pages, name), text.replaceAll(/(\]\((?:\.\.\/)*)README\.md/g, '$1index.md'));
  }
}

/** Names the links of a built site that lead nowhere, to pages and to places in them. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix, relative } from 'node:path';

/** @returns one line for each dead link */
export async function deadLinks(site, base = '/') {
  const names = (await readdir(site, { recursive: true })).filter((name) => name.endsWith('.html'));
  const pages = new Map();
  for (const name of names) pages.set(name, await readFile(join(site, name), 'utf8'));
  const anchors = new Map();
  for (const [name, html] of pages) {
    anchors.set(name, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)));
  }

  const dead = [];
  for (const [name, html] of pages) {
    for (const [, link] of html.matchAll(/<(?:a|img)\s[^>]*?(?:href|src)="(?!https?:|mailto:|data:)([^"]*)"/g)) {
      const [path, anchor] = decodeURI(link).split('#');
      const target = path === '' ? name : pageOf(site, name, path, base);
      const isDead = target === undefined || (anchor && anchors.has(target) && !anchors.get(target).has(anchor));
      if (isDead) dead.push(`${name}: ${link}`);
    }
  }
  return [...new Set(dead)];
}

/** The file that a browser gets; undefined when there is none. */
function pageOf(site, from, path, base) {
  const absolute = path.startsWith('/')
    ? posix.join('/', path.slice(base.length - 1))
    : posix.join('/', dirname(from), path);
  const choices = [absolute, `${absolute}.html`, posix.join(absolute, 'index.html')];
  const found = choices
    .map((choice) => join(site, choice))
    .find((file) => existsSync(file) && !isFolder(file, absolute));
  return found && relative(site, found);
}

function isFolder(file, absolute) {
  return absolute.endsWith('/') && !file.endsWith('.html');
}

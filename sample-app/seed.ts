import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EntityManager } from 'typeorm';
import { hashPassword } from './auth.js';
import { Finding, Project, Tag, User } from './entities.js';

const WORDS = 'an expired token opens reports of other tenants when header and cookie differ in any review'.split(' ');

/** Fills an empty database and its directories, the same way on every machine. */
export async function seed(manager: EntityManager, dirs: { uploadedimages: string; uploadedfiles: string }) {
  if (await manager.existsBy(User, {})) return;
  let state = 1;
  const times = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));
  const word = () => WORDS[(state = (state * 48271) % 2147483647) % WORDS.length];
  const text = (words: number) => times(words, word).join(' ');
  for (const username of ['system', 'superuser', 'regular']) {
    const flags = { isSystemUser: username === 'system', isSuperuser: username === 'superuser' };
    await manager.save(User, { username, passwordHash: hashPassword(`${username}-password`), ...flags });
  }
  const parent = await manager.save(Tag, { name: 'web' });
  const tags = WORDS.map((name) => ({ name, parent }));
  await manager.save(Tag, tags);
  const projects = times(60, (i) => {
    const logo = `project-${i}.svg`;
    writeFileSync(join(dirs.uploadedimages, logo), `<svg xmlns="http://www.w3.org/2000/svg"><text>${i}</text></svg>`);
    const deletedAt = i % 12 ? undefined : new Date();
    return { name: text(3), logo, status: i % 4 ? 'draft' : 'finished', tags: tags.slice(i % 13, 14), deletedAt };
  });
  await manager.save(Project, projects);
  const findings = times(3000, (i) => {
    const attachments = i % 10 ? [] : [`finding-${i}.log.gz`];
    for (const name of attachments) writeFileSync(join(dirs.uploadedfiles, name), gzipSync(text(2000)));
    return { project: projects[i % 60], cvss: i % 9 ? (i % 100) / 10 : null, description: text(60), attachments };
  });
  await manager.save(Finding, findings, { chunk: 500 });
}

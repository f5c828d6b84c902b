/**
 * Writes what users of each entry may rely on to `api/<entry>.api.md`, from the built declarations: `npm run api`. With
 * `--check` it writes nothing and fails where a report differs from the one that is checked in.
 */

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor } from '@microsoft/api-extractor';
import { configOf } from './config.mjs';
import { ENTRIES, exportsOf, NOT_EXPORTED, root } from './entries.mjs';

const isCheck = process.argv.includes('--check');
const fresh = await mkdtemp(join(tmpdir(), 'nestjs-backup-api-'));
const problems = [];

try {
  for (const entry of ENTRIES) {
    const forgotten = new Set();
    const { apiReportChanged } = Extractor.invoke(configOf(entry, fresh), {
      localBuild: !isCheck,
      messageCallback: (message) => {
        if (message.messageId === 'ae-forgotten-export') forgotten.add(/"(.+?)"/.exec(message.text)[1]);
        else if (message.logLevel === 'error') problems.push(`${entry}: ${message.text}`);
        message.logLevel = 'none'; // Told here; not counted there.
      },
    });
    const known = new Set([...NOT_EXPORTED, ...(entry === 'main' ? [] : await exportsOf('main'))]);
    for (const name of forgotten) {
      if (!known.has(name)) problems.push(`${entry}: "${name}" is reachable, but neither exported nor @internal.`);
    }
    if (!apiReportChanged) continue;
    if (!isCheck) {
      console.log(`api/${entry}.api.md has changed.`);
    } else {
      const files = [`api/${entry}.api.md`, join(fresh, `${entry}.api.md`)];
      console.error(spawnSync('git', ['diff', '--no-index', '--', ...files], { cwd: root, encoding: 'utf8' }).stdout);
      problems.push(
        `api/${entry}.api.md is not what the sources say. If the change is meant: npm run api, and commit it.`,
      );
    }
  }
} finally {
  await rm(fresh, { recursive: true });
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`The public API is as api/ says: ${ENTRIES.join(', ')}.`);

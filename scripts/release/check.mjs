/** Refuses a release whose tag, version and changelog do not fit: `node scripts/release/check.mjs v1.2.3`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const read = (name) => readFile(join(import.meta.dirname, '../..', name), 'utf8');
const tag = process.argv[2];
const { version, repository } = JSON.parse(await read('package.json'));
const lock = JSON.parse(await read('package-lock.json'));
const entry = (await read('CHANGELOG.md')).split(/^## /m).find((one) => one.startsWith(`${version} `));

const wrong = [];
if (tag !== `v${version}`) wrong.push(`The tag is ${tag}, package.json says ${version}.`);
if (lock.version !== version) wrong.push(`package-lock.json says ${lock.version}; run npm install.`);
if (!repository) wrong.push('package.json names no repository, which the provenance must match.');
if (!entry) wrong.push(`CHANGELOG.md has no section "## ${version} (<date>)".`);
else if (!/^\S+ \(\d{4}-\d\d-\d\d\)\n/.test(entry)) wrong.push(`CHANGELOG.md does not date ${version}.`);

if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exitCode = 1;
} else {
  console.log(`${version} can be published.`);
}

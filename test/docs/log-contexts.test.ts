import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../fixtures/documentation.js';

const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.m?ts$/.test(name))
  .map((name) => readFileSync(join(root, 'lib', name), 'utf8'));
const given = sources.flatMap((text) => [...text.matchAll(/\bnew Logger\(([^)]+)\)/g)].map(([, context]) => context!));

describe('The contexts of the log', () => {
  it('are names of classes, each of its own, and that of the audit', () => {
    const classes = sources.flatMap((text) => [...text.matchAll(/^export class (\w+)/gm)].map(([, name]) => name!));
    const contexts = given.map((context) => context.replace(/\.name$|'/g, ''));
    expect(contexts.length).toBeGreaterThan(15);
    expect(new Set(contexts).size).toBe(contexts.length);
    expect(contexts.filter((context) => !classes.includes(context))).toEqual(['BackupAudit']);
  });

  it('are in the table of docs/operations.md', () => {
    const section = readFileSync(join(root, 'docs/operations.md'), 'utf8').split('\n## The log\n')[1]!;
    const rows = section.split('\n').filter((line) => line.startsWith('| '));
    const told = rows.flatMap((row) => [...row.split(' | ')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect(told.toSorted()).toEqual(given.map((context) => context.replace(/\.name$|'/g, '')).toSorted());
  });
});

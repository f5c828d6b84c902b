import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

const SOURCES = [
  'lib/files/local',
  'lib/files/concurrency.ts',
  'lib/files/restore-owner.ts',
  'lib/files/restore-target.ts',
  'lib/files/staging-errors.ts',
  'test/unit/files/local/support',
  'test/fixtures/picture.ts',
  'lib/archive/entry-names.ts',
  'lib/errors',
  'lib/support/sync-path.ts',
  'lib/support/thread-program.ts',
  'lib/support/visible-text.ts',
  'lib/support/zstd.ts',
];

/** Compiles the staging code and these helpers into a directory, for processes that are to be killed. */
export function compileInto(target: string): (child: string) => string {
  const files = SOURCES.flatMap((source) => (source.endsWith('.ts') ? [source] : filesBelow(source)));
  for (const file of files) {
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      filename: file,
      swcrc: false,
      module: { type: 'es6' },
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    });
    const path = join(target, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  return (child) => join(target, 'test/unit/files/local/support', `${child}.js`);
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

/** Lets a child process run this repository's TypeScript: `node --import` this file. */
if (!new URL(import.meta.url).searchParams.has('hooks')) register(`${import.meta.url}?hooks`);

export async function resolve(specifier, context, next) {
  const own = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
  return next(own ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const parser = { syntax: 'typescript', decorators: true };
  const { code } = await transform(source, { jsc: { parser, target: 'es2022' }, sourceMaps: 'inline' });
  return { format: 'module', shortCircuit: true, source: code };
}

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CodeBlock, placeOf, root } from '../../fixtures/documentation.js';

/**
 * Type-checks blocks against the sources, all of them in one run of the compiler.
 * @returns its complaints, each with the place in the documentation
 */
export async function typeCheck(blocks: readonly CodeBlock[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-snippets-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'globals.d.ts'), readFileSync(join(root, 'test/docs/support/snippets.d.ts'), 'utf8'));
    // A snippet is a module, whatever it imports or exports.
    blocks.forEach(({ code }, index) => writeFileSync(join(folder, `snippet-${index}.ts`), `${code}export {};\n`));
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
    const options = {
      ...compilerOptions,
      rootDir: '/',
      types: ['node'],
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: {
        'nestjs-backup': [join(root, 'lib/index.ts')],
        'nestjs-backup/health': [join(root, 'lib/health/index.ts')],
        'nestjs-backup/schedule': [join(root, 'lib/schedule/index.ts')],
        'nestjs-backup/queue': [join(root, 'lib/queue/index.ts')],
        'nestjs-backup/s3': [join(root, 'lib/s3/index.ts')],
        'nestjs-backup/kms': [join(root, 'lib/kms/index.ts')],
      },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
    return complaints(await compile(folder), blocks);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): Promise<string> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder }, (_, said) => resolve(said));
  });
}

function complaints(said: string, blocks: readonly CodeBlock[]): string[] {
  const lines = said.split('\n').filter((line) => /\berror TS\d+/.test(line));
  return lines.map((line) => {
    const found = /snippet-(\d+)\.ts\((\d+),\d+\): (.*)/.exec(line);
    if (!found) return line;
    const block = blocks[Number(found[1])]!;
    return `${placeOf({ ...block, line: block.line + Number(found[2]) - 1 })}: ${found[3]}`;
  });
}

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PackedHost } from '../fixtures/packed.js';

const ENTRIES = ['', '/s3', '/kms', '/health', '/schedule', '/queue'].map((path) => `nestjs-backup${path}`);
const OPTIONAL = ['@nestjs/schedule', '@nestjs/bullmq', 'bullmq', '@nestjs/swagger'];

/** Prints what an entry exports, and whether both ways to load it give the same. */
const BOTH = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const [first, entry] = process.argv.slice(2);
const required = first === 'require' ? require(entry) : undefined;
const imported = await import(entry);
const same = Object.entries(required ?? require(entry)).map(([name, value]) => [name, imported[name] === value]);
console.log(JSON.stringify(Object.fromEntries(same)));
`;

/** Imports entries while the packages that they need are still being loaded. */
const AT_ONCE = `
const names = process.argv.slice(2);
const loaded = await Promise.all(names.map((name) => import(name)));
console.log(loaded.every((one) => Object.keys(one).length > 0));
`;

/** A bundle of one named import from each entry; what is named is found before anything runs. */
const NAMED = `
import { BackupModule, BackupError } from 'nestjs-backup';
import { s3Bucket } from 'nestjs-backup/s3';
import { awsKms } from 'nestjs-backup/kms';
import { BackupHealthModule } from 'nestjs-backup/health';
import { BackupScheduleModule } from 'nestjs-backup/schedule';
import { BackupQueueModule } from 'nestjs-backup/queue';
console.log([BackupModule, BackupError, s3Bucket, awsKms, BackupHealthModule, BackupScheduleModule, BackupQueueModule].map((one) => typeof one).join());
`;

describe('The package', () => {
  let host: PackedHost;
  beforeAll(async () => {
    host = await PackedHost.make({ packages: OPTIONAL });
    await host.write({ 'both.mjs': BOTH, 'at-once.mjs': AT_ONCE, 'named.mjs': NAMED });
  });
  afterAll(() => host.remove());

  it.each(ENTRIES)(
    'gives whoever requires and whoever imports %s the same classes, whoever comes first',
    async (entry) => {
      for (const first of ['require', 'import']) {
        const { code, stdout, stderr } = await host.run('both.mjs', first, entry);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const same = Object.entries(JSON.parse(stdout));
        expect(same.length).toBeGreaterThan(0);
        expect(same.filter(([, isSame]) => isSame !== true)).toEqual([]);
      }
    },
  );

  it('has the names of its exports, before it runs, for whoever imports it', async () => {
    const { stdout, stderr } = await host.run('named.mjs');
    expect({ stdout, stderr }).toEqual({ stdout: `${Array(7).fill('function').join()}\n`, stderr: '' });
  });

  it('can be imported while the packages that it requires are being imported', async () => {
    const others = ['@nestjs/core', '@nestjs/typeorm', ...OPTIONAL];
    for (const names of [[...others, ...ENTRIES], [...ENTRIES, ...others].toReversed()]) {
      const { code, stdout, stderr } = await host.run('at-once.mjs', ...names);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\n', stderr: '' });
    }
  });

  it('starts threads from programs in which a bundler has nothing to replace', async () => {
    const dist = join(host.folder, 'node_modules/nestjs-backup/dist');
    const programs: string[] = [];
    for (const name of await readdir(dist, { recursive: true })) {
      const file = name.endsWith('.js') ? await readFile(join(dist, name), 'utf8') : '';
      for (const [source] of file.matchAll(/^(?:async )?function [\s\S]*?^}$/gm)) {
        if (!source.includes('parentPort')) continue;
        programs.push(name);
        expect({ name, source }).toEqual({ name, source: expect.stringContaining('process.getBuiltinModule') });
        // What the file imports is not there in the thread.
        expect({ name, source }).toEqual({ name, source: expect.not.stringMatching(/\b(require|import)\(|_\d+\./) });
      }
    }
    expect(programs.sort()).toEqual([...new Set(programs)]);
    expect(programs.length).toBeGreaterThan(4);
  });

  it('has entries for ES modules that import every package of Nest that they require', async () => {
    const unpacked = join(host.folder, 'node_modules/nestjs-backup');
    const { exports } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
    for (const [name, targets] of Object.entries(exports as Record<string, { import?: { default: string } }>)) {
      if (!targets.import) continue;
      const entry = join(unpacked, targets.import.default);
      const imported = [...(await readFile(entry, 'utf8')).matchAll(/^import '(.+)';$/gm)].map(([, peer]) => peer!);
      const required = await requiredBy(entry.replace(/\.mjs$/, '.js'));
      expect({ name, imported }).toEqual({ name, imported: required.filter((one) => one.startsWith('@nestjs/')) });
    }
  });
});

/** Every package that a file requires when it is loaded, directly or by its own files. */
async function requiredBy(file: string, seen = new Set<string>(), packages = new Set<string>()): Promise<string[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const source = await readFile(file, 'utf8');
  // Not those in a function, which are indented.
  for (const [, name] of source.matchAll(/^\S.*\brequire\("([^"]+)"\)/gm)) {
    if (name!.startsWith('.')) await requiredBy(join(dirname(file), name!), seen, packages);
    else packages.add(name!);
  }
  return [...packages].toSorted();
}

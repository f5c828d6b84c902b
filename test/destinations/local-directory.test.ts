import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { localDirectory } from 'nestjs-backup';
import { removeLeftovers } from '../../lib/support/partial-file.js';
import { plant, temporaryDirectory } from '../fixtures/files.js';
import { until } from '../fixtures/wait.js';
import { describeDestination, objectsOf } from './conformance.js';

const LIBRARY = join(import.meta.dirname, '../../dist/index.js');

const directory = temporaryDirectory();
describeDestination('a local directory', () => localDirectory(directory.path));

describe('A local directory', () => {
  const anObject = () => Readable.from([Buffer.from('content')]);

  it('has files for their owner alone', async () => {
    const umask = process.umask(0);
    await localDirectory(directory.path).put('object', anObject());
    process.umask(umask);
    expect((statSync(directory.at('object')).mode & 0o777).toString(8)).toBe('600');
  });

  it('leaves nothing beside the object, whether it worked or not', async () => {
    const destination = localDirectory(directory.path);
    await destination.put('object', anObject());
    await expect(destination.put('object', anObject())).rejects.toThrow('already exists');
    expect(readdirSync(directory.path)).toEqual(['object']);
  });

  it('does not replace what came while it was written', async () => {
    const content = Readable.from(
      (async function* () {
        yield Buffer.from('mine');
        writeFileSync(directory.at('object'), 'theirs');
        yield Buffer.from('mine');
      })(),
    );
    await expect(localDirectory(directory.path).put('object', content)).rejects.toThrow('already exists');
    expect(readdirSync(directory.path)).toEqual(['object']);
    expect(statSync(directory.at('object')).size).toBe('theirs'.length);
  });

  it('shows only what may be its own, says of what is no file that it is none, and opens no links', async () => {
    plant(directory.path, { 'folder/inner': 'x', '.hidden': 'x', object: 'x', 'with space': 'x' });
    symlinkSync(directory.at('object'), directory.at('link'));
    const destination = localDirectory(directory.path);
    expect(await objectsOf(destination)).toEqual([
      { name: 'folder', bytes: 0, problem: 'it is not a file' },
      { name: 'link', bytes: 0, problem: 'it is a symbolic link, which is not followed' },
      { name: 'object', bytes: 1 },
    ]);
    for (const name of ['link', 'folder']) await expect(destination.open(name)).rejects.toThrow();
  });

  it('removes what a killed process of this machine left behind as soon as something is written there again', async () => {
    const endless = `import { Readable } from 'node:stream';
      import { localDirectory } from ${JSON.stringify(LIBRARY)};
      async function* pieces() { for (;;) yield Buffer.alloc(65536); }
      await localDirectory(${JSON.stringify(directory.path)}).put('killed', Readable.from(pieces()));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', endless], { stdio: 'inherit' });
    const partials = () => readdirSync(directory.path).filter((name) => name.endsWith('.nestjs-partial'));
    await until('it writes', () => partials().some((name) => statSync(directory.at(name)).size > 0), 20_000);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const destination = localDirectory(directory.path);
    expect(await objectsOf(destination)).toEqual([]);
    expect(partials()).toEqual([expect.stringMatching(/^\.killed\./)]);
    plant(directory.path, { '.not-ours.partial': 'x' });
    await destination.put('next', anObject());
    expect(readdirSync(directory.path).toSorted()).toEqual(['.not-ours.partial', 'next']);
  });

  it('keeps what another machine may be writing, until it has given no sign of life for an hour', async () => {
    const theirs = ['.theirs.0123456789-1-1.00112233.nestjs-partial', '.nameless.00112233.nestjs-partial'];
    const ofOthers = ['.film.00112233.partial', '.not-ours.nestjs-partial'];
    plant(directory.path, Object.fromEntries([...theirs, ...ofOthers].map((name) => [name, 'x'])));
    await localDirectory(directory.path).put('next', anObject());
    expect(readdirSync(directory.path)).toHaveLength(5);
    await removeLeftovers(directory.path, Date.now() + 3_500_000);
    expect(readdirSync(directory.path)).toHaveLength(5);
    await removeLeftovers(directory.path, Date.now() + 3_700_000);
    expect(readdirSync(directory.path).toSorted()).toEqual([...ofOthers, 'next']);
  });

  it('is refused at startup when it is not there', () => {
    const refused = (path: unknown) => () => localDirectory(path as string).check!('destinations.vault');
    expect(refused(directory.at('none'))).toThrow(
      /"destinations.vault": .*none" cannot be opened \(ENOENT\)\. Create it/,
    );
    plant(directory.path, { file: 'x' });
    expect(refused(directory.at('file'))).toThrow(/ENOTDIR/);
    expect(refused(undefined)).toThrow(/the path is not a string/);
    expect(refused(directory.path)).not.toThrow();
  });
});

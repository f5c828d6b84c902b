import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { spool } from '../../lib/archive/read/spool.js';
import { OutputFile } from '../../lib/cli/archive/output-file.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { itUnless } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';

const directory = temporaryDirectory();
const onLinux = itUnless(process.platform === 'linux' ? undefined : 'only Linux has /proc');

/** Modes of the files below the directory that this process has open, those without a name included. */
function openModes(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const path = `/proc/self/fd/${descriptor}`;
      return readlinkSync(path).startsWith(directory.path) ? [(statSync(path).mode & 0o7777).toString(8)] : [];
    } catch {
      return [];
    }
  });
}

/** A stream that looks at the open files while it is read. */
function looking(seen: string[]): Readable {
  return Readable.from(
    (async function* () {
      yield Buffer.from('one');
      await until('the file is open', () => openModes().length > 0, 5_000);
      seen.push(...openModes());
      yield Buffer.from('two');
    })(),
  );
}

describe('A file that holds a backup', () => {
  let umask: number;
  beforeEach(() => (umask = process.umask(0)));
  afterEach(() => process.umask(umask));

  onLinux('is for its owner alone while it is kept for a restore, and has no name', async () => {
    const seen: string[] = [];
    const source = await spool(looking(seen), { directory: directory.path });
    expect(seen).toEqual(['600']);
    expect(readdirSync(directory.path)).toEqual([]);
    await source.close();
    expect(openModes()).toEqual([]);
  });

  onLinux('is for its owner alone while the command line writes it, and when it is done', async () => {
    const seen: string[] = [];
    const output = await OutputFile.prepare(directory.at('backup.zip'));
    await output.write(directory.at('backup.zip'), looking(seen));
    await output.close();
    expect(seen).toEqual(['600']);
    expect(readdirSync(directory.path)).toEqual(['backup.zip']);
    const { mode, uid } = statSync(directory.at('backup.zip'));
    expect([(mode & 0o7777).toString(8), uid]).toEqual(['600', process.getuid!()]);
    expect(readFileSync(directory.at('backup.zip'), 'utf8')).toBe('onetwo');
  });
});

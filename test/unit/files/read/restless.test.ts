import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveService } from '../../../../lib/files/archive.service.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { drain } from '../../../fixtures/streams.js';
import { zipEntries } from '../../../fixtures/zip.js';

const SMALL = process.env.TEST_LONG ? 5000 : 1200;
const directory = temporaryDirectory();
const program = join(import.meta.dirname, 'support/restless.mjs');

async function archived(onProgress?: (bytes: number) => void) {
  const service = new ArchiveService();
  const writer = service.createWriter(1);
  const reading = drain(writer.stream);
  const report = await service.addDirectory(writer, { name: 'data', path: directory.at('data') }, onProgress);
  writer.finish();
  const { output, error } = await reading;
  expect(error).toBeUndefined();
  const entries = await zipEntries(output);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  return { report, files: entries.filter(({ name }) => !name.endsWith('/')) };
}

/** Archives while another process works in the directory. */
async function archivedBeside(how: 'truncate' | 'rename' | 'move') {
  const other = spawn(process.execPath, [program, how, directory.at('data')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(other, 'close');
  let said = '';
  other.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  try {
    await once(other.stdout, 'data');
    const result = await archived();
    // What is empty at this moment, and was for long, is told when it has been written.
    other.kill('SIGTERM');
    await ended;
    return { ...result, said };
  } finally {
    other.kill('SIGKILL');
    await ended;
  }
}

function isWhole(content: Buffer): boolean {
  const end = content.indexOf('\n');
  const [length, sum] = content.toString('latin1', 0, Math.max(0, end)).split(' ');
  const text = content.subarray(end + 1);
  return text.length === Number(length) && createHash('md5').update(text).digest('hex') === sum;
}

/** Names that end in about how many bytes a file has. */
function names(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, index) => `d${index % 7}/${index}-${bytes}`);
}

describe('Files that another process rewrites all the time', () => {
  it.each(['truncate', 'rename'] as const)(
    'are saved whole or named as skipped, small and large, when it goes about it by %s',
    async (how) => {
      const all = [...names(SMALL, 3000), ...names(40, 40_000), ...names(10, 300_000)];
      plant(directory.at('data'), Object.fromEntries(all.map((name) => [name, ''])));
      const { report, files, said } = await archivedBeside(how);
      const wasEmpty = (name: string) => said.includes(`was empty for long: ${name.slice('data/'.length)}\n`);
      const torn = files.filter(({ name, content }) => !isWhole(content) && !(content.length === 0 && wasEmpty(name)));
      expect(torn.map(({ name, content }) => `${name}: ${content.length} bytes`)).toEqual([]);
      const told = new Set([...files.map(({ name }) => name), ...report.skipped.map(({ path }) => path)]);
      expect(all.filter((name) => !told.has(`data/${name}`))).toEqual([]);
      expect(files.length).toBeGreaterThan(all.length / 2);
    },
    180_000,
  );
});

describe('What is moved while a directory is read', () => {
  const FOLDERS = ['one', 'two', 'three'];
  const EACH = 700;

  /** Three folders, told apart by the size of their files; moves when the second one is being read. */
  async function archivedWhile(move: (listed: string, notYet: string) => void) {
    plant(
      directory.at('data'),
      Object.fromEntries(
        FOLDERS.flatMap((folder, size) =>
          Array.from({ length: EACH }, (_, index) => [`${folder}/${index}`, 'x'.repeat(size + 1)] as const),
        ),
      ),
    );
    for (const folder of FOLDERS) plant(directory.at('data', folder), numberedBelow(folder));
    const seen = new Set<number>();
    let isMoved = false;
    return archived((bytes) => {
      if (bytes > FOLDERS.length || isMoved) return;
      seen.add(bytes);
      if (seen.size < 2) return;
      isMoved = true;
      const [first] = seen;
      const third = [1, 2, 3].find((size) => !seen.has(size))!;
      move(FOLDERS[first! - 1]!, FOLDERS[third - 1]!);
    });
  }

  const numberedBelow = (folder: string) =>
    Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`sub/${folder}-${index}`, `${folder} number ${index}`]),
    );

  it('is saved, when files go from a folder not yet listed into one that was', async () => {
    const { report, files } = await archivedWhile((listed, notYet) => {
      for (const name of readdirSync(directory.at('data', notYet, 'sub'))) {
        renameSync(directory.at('data', notYet, 'sub', name), directory.at('data', listed, name));
      }
    });
    const contents = files.map(({ content }) => String(content));
    for (const folder of FOLDERS) {
      expect(contents).toEqual(expect.arrayContaining(Object.values(numberedBelow(folder))));
    }
    expect(report).toMatchObject({ skipped: [], warnings: [] });
  });

  it('is saved, when a folder goes as a whole', async () => {
    const { files } = await archivedWhile((listed, notYet) => {
      mkdirSync(directory.at('data', listed, 'deep'));
      renameSync(directory.at('data', notYet, 'sub'), directory.at('data', listed, 'deep/moved'));
    });
    const contents = files.map(({ content }) => String(content));
    for (const folder of FOLDERS) {
      expect(contents).toEqual(expect.arrayContaining(Object.values(numberedBelow(folder))));
    }
  });

  it('is saved or said to be missing, when another process moves it again and again', async () => {
    const moving = Array.from({ length: 40 }, (_, index) => `moving ${index}`);
    const still = names(600, 100);
    plant(directory.at('data'), Object.fromEntries(still.map((name) => [name, name])));
    plant(directory.at('data'), Object.fromEntries(moving.map((name, index) => [`d${index % 7}/${name}`, name])));
    const { report, files } = await archivedBeside('move');
    const contents = new Set(files.map(({ content }) => String(content)));
    expect(still.filter((name) => !contents.has(name))).toEqual([]);
    const missing = moving.filter((name) => !contents.has(name));
    if (report.skipped.length === 0) expect(missing).toEqual([]);
  });

  it('does not make a backup incomplete, when new files only ever arrive', async () => {
    plant(directory.at('data'), { 'in/first': 'x' });
    let arrived = 0;
    const timer = setInterval(() => plant(directory.at('data'), { [`in/${arrived++}`]: 'new' }), 1);
    const { report } = await archived().finally(() => clearInterval(timer));
    expect(arrived).toBeGreaterThan(0);
    expect(report.skipped).toEqual([]);
  });
});

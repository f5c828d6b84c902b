import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { FilesDigest, sha256Of } from '../../../lib/archive/files-digest.js';
import { temporaryDirectory } from '../../fixtures/files.js';
import { problemWith } from '../../fixtures/machine.js';
import { itUnless } from '../../fixtures/unless.js';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe('The digest of the files of a data directory', () => {
  const folder = temporaryDirectory();

  itUnless(problemWith('sha256sum', '--version'))('is that of the lines which sha256sum writes', () => {
    mkdirSync(folder.at('uploads'));
    const names = ['uploads/a.txt', 'uploads/ä b.txt', 'uploads/with\nline feed', 'uploads/-x'];
    const digest = new FilesDigest();
    for (const name of names) {
      writeFileSync(folder.at(name), `content of ${name}`);
      digest.add(name, sha256Of(Buffer.from(`content of ${name}`)));
    }
    const { stdout } = spawnSync('sha256sum', names, { cwd: folder.path });
    expect(digest.digest()).toBe(`sha256:${sha256(stdout)}`);
  });

  it('is made of each directory by itself, in the order of its entries, of files large and small', async () => {
    const writer = new ArchiveWriter(3, 'deflate', true);
    const reading = buffer(writer.stream);
    const large = Buffer.alloc(300_000, 'abc');
    await writer.addBytes('VERSION', Buffer.from('1'));
    await writer.addFiles([
      { name: 'a/1', bytes: Buffer.from('one') },
      { name: 'a/2', bytes: Buffer.from('two') },
      { name: 'a/empty', bytes: Buffer.alloc(0) },
    ]);
    await writer.addStream('a/large', Readable.from([large.subarray(0, 1000), large.subarray(1000)]));
    await writer.addDirectory('a/folder');
    await writer.addBytes('b/1', Buffer.from('three'));
    const line = (name: string, content: string | Buffer) => `${sha256(content)}  ${name}\n`;
    const lines = line('a/1', 'one') + line('a/2', 'two') + line('a/empty', '') + line('a/large', large);
    expect(writer.filesDigest('a')).toBe(`sha256:${sha256(lines)}`);
    expect(writer.filesDigest('b')).toBe(`sha256:${sha256(line('b/1', 'three'))}`);
    expect(writer.filesDigest('nothing')).toBe(`sha256:${sha256('')}`);
    writer.finish();
    await reading;
  });

  it('is made only where it is wanted', async () => {
    const writer = new ArchiveWriter(3);
    const reading = buffer(writer.stream);
    await writer.addBytes('a/1', Buffer.from('one'));
    expect(writer.filesDigest('a')).toBeUndefined();
    writer.finish();
    await reading;
  });

  it('has nothing of a file that was left out while it was read', async () => {
    const writer = new ArchiveWriter(0, 'deflate', true);
    const reading = buffer(writer.stream);
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('gone');
      })(),
    );
    await expect(writer.addStream('a/1', failing, { discardOnError: true })).rejects.toThrow('gone');
    await writer.addBytes('a/2', Buffer.from('two'));
    expect(writer.filesDigest('a')).toBe(`sha256:${sha256(`${sha256('two')}  a/2\n`)}`);
    writer.finish();
    await reading;
  });
});

import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { isCompressedKind } from '../../../lib/files/read/add-data-directory.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import { installedReaders, readWith, writeZip } from '../../fixtures/zip.js';

const text = Buffer.from('the same words again and again '.repeat(2_000));

async function* chunks(...pieces: Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

describe('An archive', () => {
  it('holds bytes, streams and directories in the order in which they were added', async () => {
    const entries = await writeZip(async (writer) => {
      await writer.addBytes('VERSION', Buffer.from('1.2.3'));
      await writer.addStream('backup.jsonl', chunks(text, Buffer.from('end')));
      await writer.addStream('nothing.txt', chunks());
      await writer.addDirectory('uploads/empty');
      await writer.addStream('uploads/a.txt', Readable.from([text], { objectMode: false }));
      await writer.addBytes('uploads/nothing', Buffer.alloc(0));
      await writer.addBytes('manifest.json', Buffer.from('{}'));
    });
    expect(entries.map(({ name, content }) => [name, content.toString()])).toEqual([
      ['VERSION', '1.2.3'],
      ['backup.jsonl', `${text.toString()}end`],
      ['nothing.txt', ''],
      ['uploads/empty/', ''],
      ['uploads/a.txt', text.toString()],
      ['uploads/nothing', ''],
      ['manifest.json', '{}'],
    ]);
  });

  it('deflates what is not said to be stored', async () => {
    const entries = await writeZip(async (writer) => {
      await writer.addBytes('deflated', text);
      await writer.addBytes('stored', text, { uncompressed: true });
      await writer.addStream('deflated stream', chunks(text));
      await writer.addStream('stored stream', chunks(text), { uncompressed: true });
    });
    expect(entries.map(({ method }) => method)).toEqual(['deflated', 'stored', 'deflated', 'stored']);
  });

  it('stores everything at level 0', async () => {
    const entries = await writeZip(async (writer) => {
      await writer.addBytes('bytes', text);
      await writer.addStream('stream', chunks(text));
    }, 0);
    expect(entries.map(({ method, content }) => [method, content.equals(text)])).toEqual([
      ['stored', true],
      ['stored', true],
    ]);
  });

  it('keeps modes and times, as far as a ZIP can hold them', async () => {
    const at = (iso: string, mode: number) => ({ modified: new Date(iso), mode });
    const entries = await writeZip(async (writer) => {
      await writer.addBytes('script', text, at('2021-03-04T05:06:08Z', 0o755));
      await writer.addStream('secret', chunks(text), at('2037-12-31T23:59:58Z', 0o600));
      await writer.addBytes('setuid', text, at('1999-01-01T00:00:00Z', 0o4711));
      await writer.addBytes('before ZIP', text, at('1969-07-20T20:17:40Z', 0o000));
      await writer.addBytes('after ZIP', text, at('2150-01-01T00:00:00Z', 0o644));
      await writer.addDirectory('directory');
    });
    expect(entries.map(({ name, mode, modified }) => [name, mode.toString(8), modified.toISOString()])).toEqual([
      ['script', '755', '2021-03-04T05:06:08.000Z'],
      ['secret', '600', '2037-12-31T23:59:58.000Z'],
      ['setuid', '4711', '1999-01-01T00:00:00.000Z'],
      ['before ZIP', '0', '1969-07-20T20:17:40.000Z'],
      ['after ZIP', '644', '2150-01-01T00:00:00.000Z'],
      ['directory/', '755', expect.any(String)],
    ]);
  });

  it.each(['photo.JPG', 'dir.txt/x.tar.gz', 'a.b.zip', 'report.docx'])(
    'stores %s, which is compressed already',
    (name) => expect(isCompressedKind(name)).toBe(true),
  );

  it.each(['notes.txt', 'jpg', '.zip', 'x.zip/readme', 'image.bmp', 'data.json'])('deflates %s', (name) =>
    expect(isCompressedKind(name)).toBe(false),
  );
});

describe('The foreign readers of these tests', () => {
  const directory = temporaryDirectory();

  it('refuse what is no ZIP, so that their word counts', async () => {
    plant(directory.path, { 'no.zip': randomBytes(5_000) });
    for (const reader of await installedReaders()) {
      await expect(readWith(reader, directory.at('no.zip'))).rejects.toThrow();
    }
  });
});

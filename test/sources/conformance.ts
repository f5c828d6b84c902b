import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FileStore } from 'nestjs-backup';

const NAMES = [
  ...['a.txt', 'a/b.txt', 'a-b.txt', 'with space', 'plus+plus', 'per%20cent', 'Ünïcödé/日本/😀.txt', 'é', 'e\u0301'],
  ...[
    'quote"s',
    "apo'strophe",
    'amp&<er>',
    '~tilde',
    'question?',
    '#hash',
    ' leading',
    'trailing ',
    '.hidden',
    'folder/',
  ],
];

export const attributesOf = (path: string) => ({ modified: new Date(), mode: 0o644, path });

/** Every file of a store by its path, as text of one byte a letter. */
export async function filesOf(store: FileStore, below = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { path } of store.list(below)) {
    files[path] = (await buffer((await store.open(path)).content)).toString('latin1');
  }
  return files;
}

/** What the comments of `FileStore` promise, for each implementation. `make` gives an empty one. */
export function describeFileStore(title: string, make: () => FileStore): void {
  describe(`A store of files: ${title}`, () => {
    let store: FileStore;
    beforeEach(() => {
      store = make();
    });
    const put = (path: string, content: Buffer | Readable | string) =>
      store.put(path, typeof content === 'string' ? Buffer.from(content) : content, attributesOf(path));
    const listed = async (below?: string) => {
      const paths: string[] = [];
      for await (const { path } of store.list(below)) paths.push(path);
      return paths;
    };
    const byBytes = (names: string[]) =>
      names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

    it('gives back byte for byte what was put, and lists it', async () => {
      const bytes = randomBytes(700_000);
      await put('bytes', bytes);
      await put('streamed', Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]));
      await put('empty', '');
      for (const [path, expected] of Object.entries({ bytes, streamed: bytes, empty: Buffer.alloc(0) })) {
        const { size, content } = await store.open(path);
        expect(size).toBe(expected.length);
        expect((await buffer(content)).equals(expected)).toBe(true);
      }
      const sizes: Record<string, number> = {};
      for await (const { path, bytes: size, modified } of store.list()) {
        sizes[path] = size;
        expect(Math.abs(Date.now() - modified.getTime())).toBeLessThan(60_000);
      }
      expect(sizes).toEqual({ bytes: 700_000, empty: 0, streamed: 700_000 });
    });

    it('holds names of all kinds, and lists them in the order of their bytes', async () => {
      for (const name of NAMES) await put(name, name.endsWith('/') ? '' : name);
      expect(await listed()).toEqual(byBytes(NAMES));
      for (const name of NAMES.filter((one) => !one.endsWith('/'))) {
        expect(String(await buffer((await store.open(name)).content))).toBe(name);
        await store.copy(name, 'copy');
        expect(String(await buffer((await store.open('copy')).content))).toBe(name);
      }
      for (const name of NAMES) await store.delete(name);
      expect(await listed()).toEqual(['copy']);
    });

    it('lists more than a page, all of it once and in order, and what begins with a text', async () => {
      const names = Array.from({ length: 1_205 }, (_, at) => `${at % 2 ? 'odd/' : 'even-'}${at}`);
      for (let at = 0; at < names.length; at += 50) {
        await Promise.all(names.slice(at, at + 50).map((name) => put(name, 'x')));
      }
      expect(await listed()).toEqual(byBytes(names));
      expect(await listed('odd/11')).toEqual(byBytes(names.filter((name) => name.startsWith('odd/11'))));
      expect(await listed('none/')).toEqual([]);
    });

    it('has something else to tell a file by when it was written anew', async () => {
      const tellingOf = async () => {
        for await (const { modified, version } of store.list()) return { modified, version };
        return undefined;
      };
      await put('a', 'one');
      const before = await tellingOf();
      await put('a', 'two');
      expect(await tellingOf()).not.toEqual(before);
    });

    it('replaces what is there, by a put and by a copy', async () => {
      await put('a', 'old');
      await put('b', 'other');
      await put('a', 'new');
      expect(await filesOf(store)).toEqual({ a: 'new', b: 'other' });
      await store.copy('a', 'b');
      expect(await filesOf(store)).toEqual({ a: 'new', b: 'new' });
    });

    it('says ENOENT of what is not there, and does not mind to delete it', async () => {
      await expect(store.open('none')).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(store.copy('none', 'b')).rejects.toMatchObject({ code: 'ENOENT' });
      await store.delete('none');
      expect(await listed()).toEqual([]);
    });

    it.each([0, 1, 3])('keeps what was there when a stream breaks after %d pieces', async (count) => {
      await put('a', 'before');
      let at = 0;
      const broken = new Readable({
        read() {
          if (at++ < count) this.push(randomBytes(100_000));
          else this.destroy(new Error('the source broke'));
        },
      });
      await expect(put('a', broken)).rejects.toThrow('the source broke');
      expect(await filesOf(store)).toEqual({ a: 'before' });
    });

    it('takes no stream that was read or closed before for an empty one', async () => {
      const ended = Readable.from([randomBytes(10)]);
      for await (const _ of ended);
      await expect(put('a', ended)).rejects.toThrow();
      const closed = Readable.from([randomBytes(10)]);
      closed.destroy();
      await expect(put('a', closed)).rejects.toThrow();
      expect(await listed()).toEqual([]);
    });

    it('lets go of what is not read', async () => {
      await put('a', randomBytes(3_000_000));
      const { content } = await store.open('a');
      content.destroy();
      await new Promise((resolve) => content.once('close', resolve));
      expect(await listed()).toEqual(['a']);
    });
  });
}

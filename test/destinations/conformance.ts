import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BackupDestination, StoredObject } from 'nestjs-backup';
import { until } from '../fixtures/wait.js';

/** Names that would leave the destination, or hide in it. */
const UNSAFE_NAMES = [
  ...['', '.', '..', '../up', 'a/b', 'a\\b', '/etc/cron.d/x', 'C:x', 'nul\0', '.hidden', '-flag', 'ä', 'a b', 'a\n'],
  'n'.repeat(201),
];

/** A stream that gives its pieces and then breaks, or is silent for ever. */
function brokenAfter(pieces: Buffer[], ending: Error | 'silence', onLast: () => void = () => {}): Readable {
  let at = 0;
  return new Readable({
    read() {
      if (at < pieces.length) this.push(pieces[at++]);
      else if (ending === 'silence') onLast();
      else this.destroy(ending);
    },
  });
}

export async function objectsOf(destination: BackupDestination): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of destination.list()) objects.push(object);
  return objects.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

export async function contentOf(destination: BackupDestination, name: string): Promise<Buffer> {
  const source = await destination.open(name);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}

/** What the comments of `BackupDestination` promise, for each implementation. `make` gives an empty one. */
export function describeDestination(title: string, make: () => BackupDestination): void {
  describe(`A destination: ${title}`, () => {
    let destination: BackupDestination;
    beforeEach(() => {
      destination = make();
    });
    const put = (name: string, ...pieces: Buffer[]) => destination.put(name, Readable.from(pieces));
    const names = async () => (await objectsOf(destination)).map(({ name }) => name);

    it('gives back byte for byte what was put, and lists it', async () => {
      const bytes = randomBytes(3_000_000);
      const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 1_500_000), bytes.subarray(1_500_000)];
      expect(await put('b-2.zip', ...pieces)).toMatchObject({ name: 'b-2.zip', bytes: 3_000_000 });
      await put('b-1.zip.json', Buffer.from('{}'));
      expect((await contentOf(destination, 'b-2.zip')).equals(bytes)).toBe(true);
      expect(await objectsOf(destination)).toMatchObject([
        { name: 'b-1.zip.json', bytes: 2 },
        { name: 'b-2.zip', bytes: 3_000_000 },
      ]);
    });

    it('is read at any place', async () => {
      await put('object', Buffer.from('0123456789'));
      const source = await destination.open('object');
      expect(source.size).toBe(10);
      const parts = [await source.read(7, 3), await source.read(0, 1), await source.read(3, 4)];
      expect(parts.map(String)).toEqual(['789', '0', '3456']);
      await source.close();
    });

    it('takes an object without a byte', async () => {
      expect(await put('empty')).toMatchObject({ bytes: 0 });
      expect(await objectsOf(destination)).toMatchObject([{ name: 'empty', bytes: 0 }]);
    });

    it.each([0, 1, 20])('has nothing of a stream that breaks after %d pieces', async (count) => {
      const pieces = Array.from({ length: count }, () => randomBytes(100_000));
      const broken = destination.put('object', brokenAfter(pieces, new Error('the source broke')));
      await expect(broken).rejects.toThrow('the source broke');
      expect(await names()).toEqual([]);
      await expect(destination.open('object')).rejects.toThrow();
    });

    it('has nothing of a stream that was closed before its end', async () => {
      let pieces = 0;
      const content = new Readable({ read: () => void (pieces++ ? content.destroy() : content.push('piece')) });
      await expect(destination.put('object', content)).rejects.toThrow();
      expect(await names()).toEqual([]);
    });

    it('has nothing of a stream that was read or broken before', async () => {
      const ended = Readable.from([randomBytes(10)]);
      for await (const _ of ended);
      await expect(destination.put('object', ended)).rejects.toThrow();
      const broken = brokenAfter([], new Error('the source broke'));
      await expect(buffer(broken)).rejects.toThrow();
      await expect(destination.put('object', broken)).rejects.toThrow('the source broke');
      expect(await names()).toEqual([]);
    });

    it('shows nothing of an object before it is whole, and nothing once it is aborted', async () => {
      const stop = new AbortController();
      let isRead = false;
      const content = brokenAfter([randomBytes(100_000)], 'silence', () => (isRead = true));
      const stored = destination.put('object', content, { signal: stop.signal });
      await until('it is read', () => isRead);
      expect(await names()).toEqual([]);
      stop.abort();
      await expect(stored).rejects.toThrow();
      expect(await names()).toEqual([]);
      await until('its stream is closed', () => content.destroyed);
    });

    it('does not begin what is aborted already', async () => {
      const content = Readable.from([randomBytes(10)]);
      await expect(destination.put('object', content, { signal: AbortSignal.abort() })).rejects.toThrow();
      expect(await names()).toEqual([]);
      await until('its stream is closed', () => content.destroyed);
    });

    it('replaces nothing', async () => {
      await put('object', Buffer.from('first'));
      await expect(put('object', Buffer.from('second'))).rejects.toThrow();
      expect(String(await contentOf(destination, 'object'))).toBe('first');
    });

    describe('that gives an object another beginning', () => {
      const rewrite = (bytes: Buffer, instead: number, name = 'object') =>
        destination.rewrite!(name, async () => ({ bytes, instead }));
      const isMissing = () => destination.rewrite === undefined;

      it.each([10, 3_000_000, 17 * 1024 * 1024])('keeps the rest of %i bytes', async (size) => {
        if (isMissing()) return;
        const bytes = randomBytes(size);
        await put('object', bytes);
        for (const [beginning, instead] of [
          [randomBytes(300), 5],
          [randomBytes(2), 300],
          [randomBytes(1), 0],
        ] as const) {
          const before = await contentOf(destination, 'object');
          const whole = Buffer.concat([beginning, before.subarray(instead)]);
          expect(await rewrite(beginning, instead)).toMatchObject({ name: 'object', bytes: whole.length });
          expect((await contentOf(destination, 'object')).equals(whole)).toBe(true);
        }
        expect(await rewrite(Buffer.from('all'), 2 ** 30)).toMatchObject({ bytes: 3 });
        expect(await names()).toEqual(['object']);
      });

      it('reads what it is asked for, and leaves everything as it was when that is not to be changed', async () => {
        if (isMissing()) return;
        await put('object', Buffer.from('0123456789'));
        const refuse = async (object: { size: number; read(at: number, length: number): Promise<Buffer> }) => {
          throw new Error(`${object.size} ${await object.read(2, 3)}`);
        };
        await expect(destination.rewrite!('object', refuse)).rejects.toThrow('10 234');
        const stop = new AbortController();
        const aborted = async () => {
          stop.abort(new Error('given up'));
          return { bytes: Buffer.from('x'), instead: 1 };
        };
        await expect(destination.rewrite!('object', aborted, { signal: stop.signal })).rejects.toThrow('given up');
        expect(String(await contentOf(destination, 'object'))).toBe('0123456789');
        expect(await names()).toEqual(['object']);
      });

      it.each([10, 6 * 1024 * 1024])('replaces no other object than the one that was read: %i bytes', async (size) => {
        if (isMissing()) return;
        await put('object', randomBytes(size));
        const other = randomBytes(size);
        const meanwhile = async () => {
          await destination.delete('object');
          await put('object', other);
          return { bytes: Buffer.from('x'), instead: 1 };
        };
        await expect(destination.rewrite!('object', meanwhile)).rejects.toMatchObject({ code: 'DESTINATION_FAILED' });
        expect((await contentOf(destination, 'object')).equals(other)).toBe(true);
        expect(await names()).toEqual(['object']);
        await expect(rewrite(Buffer.from('x'), 0, 'none')).rejects.toThrow();
        expect(await names()).toEqual(['object']);
      });
    });

    it('deletes one object, and does not mind one that is not there', async () => {
      for (const name of ['one', 'two']) await put(name, Buffer.from(name));
      await destination.delete('one');
      await destination.delete('one');
      expect(await names()).toEqual(['two']);
      await put('one', Buffer.from('again'));
      expect(await names()).toEqual(['one', 'two']);
    });

    it('takes several at the same time', async () => {
      const wanted = Array.from({ length: 8 }, (_, index) => `object-${index}`);
      await Promise.all(wanted.map((name) => put(name, Buffer.from(name))));
      expect(await names()).toEqual(wanted);
      for (const name of wanted) expect(String(await contentOf(destination, name))).toBe(name);
    });

    it.each(UNSAFE_NAMES)('refuses the name %j everywhere', async (name) => {
      const refusal = { code: 'DESTINATION_FAILED', message: expect.stringContaining('is not a valid object name') };
      await expect(put(name, Buffer.from('x'))).rejects.toMatchObject(refusal);
      await expect(destination.open(name)).rejects.toMatchObject(refusal);
      await expect(destination.delete(name)).rejects.toMatchObject(refusal);
      const rewriting = destination.rewrite?.(name, async () => ({ bytes: Buffer.from('x'), instead: 0 }));
      if (rewriting) await expect(rewriting).rejects.toMatchObject(refusal);
      expect(await names()).toEqual([]);
    });
  });
}

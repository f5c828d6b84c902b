import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import * as vectors from 'cctv-age';
import { decryptWith, openWith } from './support.js';

/** One of the community's test vectors (C2SP/CCTV): fields, an empty line, and an age file. */
function parse(vector: Uint8Array) {
  const bytes = Buffer.from(vector);
  const end = bytes.indexOf('\n\n');
  const fields = new Map<string, string[]>();
  for (const line of bytes.subarray(0, end).toString().split('\n')) {
    const [, name, value] = /^([^:]+): (.*)$/.exec(line)!;
    fields.set(name!, [...(fields.get(name!) ?? []), value!]);
  }
  const rest = bytes.subarray(end + 2);
  return { fields, file: fields.has('compressed') ? inflateSync(rest) : rest };
}

const all = Object.entries(vectors as unknown as Record<string, Uint8Array>)
  .filter(([, vector]) => vector instanceof Uint8Array)
  .map(([name, vector]) => ({ name, ...parse(vector) }))
  // Archives are neither armored nor encrypted with a passphrase, which is a job of identity files alone.
  .filter(({ fields }) => fields.has('identity') && !fields.has('armored'));
const isGood = ({ fields }: (typeof all)[number]) => fields.get('expect')![0] === 'success';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe("The community's test vectors of age", () => {
  it.each(all.filter(isGood))(
    'that are good are read, as a stream and at any place: $name',
    async ({ fields, file }) => {
      const identity = fields.get('identity')!.join('\n');
      const { output, error } = await decryptWith(identity, file);
      expect(error).toBeUndefined();
      expect([sha256(output)]).toEqual(fields.get('payload'));
      const source = await openWith(identity, file);
      expect([sha256(await source.read(0, source.size))]).toEqual(fields.get('payload'));
    },
  );

  it.each(all.filter((vector) => !isGood(vector)))('that are not are refused: $name', async ({ fields, file }) => {
    const identity = fields.get('identity')!.join('\n');
    const readAll = async () => {
      const source = await openWith(identity, file);
      await source.read(0, source.size);
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    expect((await decryptWith(identity, file)).error).toMatchObject({ code: 'DECRYPTION_FAILED' });
  });

  it('are many of both kinds', () => {
    expect(all.filter(isGood).length).toBeGreaterThan(15);
    expect(all.length).toBeGreaterThan(80);
  });
});

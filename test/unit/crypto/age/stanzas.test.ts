import { Encrypter } from 'age-encryption';
import { Identities } from '../../../../lib/crypto/age/identities.js';
import { MOST_TRIED } from '../../../../lib/crypto/age/stanzas.js';
import { type KeyPair, KINDS, keyPair } from '../../../fixtures/age.js';

/** The header of a file to so many recipients of one kind, and to another one behind them. */
async function headerFor(count: number, { recipient: other }: KeyPair, { recipient: last }: KeyPair): Promise<Buffer> {
  const encrypter = new Encrypter();
  for (let index = 1; index < count; index++) encrypter.addRecipient(other);
  encrypter.addRecipient(last);
  const file = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  return file.subarray(0, -32);
}

/** How often the event loop turns during some work. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work.finally(() => (isDone = true));
  return turns;
}

describe.each(Object.keys(KINDS) as Array<keyof typeof KINDS>)('A header with many stanzas of %s', (kind) => {
  let mine: KeyPair;
  let other: KeyPair;
  beforeAll(async () => {
    [mine, other] = [await keyPair(kind), await keyPair(kind)];
  });

  it('is opened by the last of as many recipients as are tried', async () => {
    const header = await headerFor(MOST_TRIED, other, mine);
    expect(await Identities.parse(mine.file).unwrap(header)).toHaveLength(16);
  });

  it('lets the application work between one and the next', async () => {
    const header = await headerFor(30, other, mine);
    expect(await turnsDuring(Identities.parse(mine.file).unwrap(header))).toBeGreaterThanOrEqual(29);
  });

  it('is refused with one more, even if the first one fits', async () => {
    const header = await headerFor(MOST_TRIED + 1, mine, other);
    await expect(Identities.parse(mine.file).unwrap(header)).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
      message: expect.stringContaining(
        `for ${MOST_TRIED + 1} recipients, and of those at most ${MOST_TRIED} are tried`,
      ),
    });
  });
});

describe('Stanzas of other programs', () => {
  it('are passed over, however many there are', async () => {
    const mine = await keyPair();
    const header = await headerFor(2, await keyPair(), mine);
    const [first, ...rest] = header.toString('latin1').split('\n');
    const foreign = Array.from({ length: 2 * MOST_TRIED }, () => '-> example.com/other x\n');
    const longer = [first, ...foreign, ...rest].join('\n');
    // Its MAC does not fit, which is known only once the file key is.
    await expect(Identities.parse(mine.file).unwrap(Buffer.from(longer, 'latin1'))).rejects.toMatchObject({
      message: expect.stringContaining('its header is damaged'),
    });
  });
});

import { Test } from '@nestjs/testing';
import { BackupModule } from 'nestjs-backup';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { type KeyPair, keyPair } from '../../fixtures/age.js';
import { errorOf, refusal, resolve } from './support/given.js';

/** Well-formed, and no public key. */
const ZERO = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';

describe('The option recipients', () => {
  let alice: KeyPair;
  beforeAll(async () => {
    alice = await keyPair();
  });

  it.each([
    ['undefined, as a variable that is not set', undefined],
    ['an empty text', ''],
    ['an empty list', []],
  ])('is refused when it is there and %s', (_what, recipients) => {
    const error = errorOf({ recipients });
    expect(error).toMatchObject(refusal('recipients', '1 to 20 age recipients.* leave the option out, or give null'));
    expect(error.message).toContain('so backups would not be encrypted');
    expect(errorOf({ recipients, encryptionKey: 'ab'.repeat(32) })).toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it.each<[string, string, (pair: KeyPair) => unknown]>([
    ['recipients', 'it is a text', ({ recipient }) => recipient],
    ['recipients', 'it has too many', ({ recipient }) => Array(21).fill(recipient)],
    ['recipients[1]', 'one is undefined', ({ recipient }) => [recipient, undefined]],
    ['recipients[0]', 'one is an identity', ({ identity }) => [identity]],
    ['recipients[2]', 'one is misspelled', ({ recipient }) => [recipient, recipient, `${recipient}q`]],
  ])('is refused by the name %s when %s', (option, _what, of) => {
    const error = errorOf({ recipients: of(alice) as never });
    expect(error).toMatchObject(refusal(option.replace(/[[\]]/g, '\\$&'), 'Set a list'));
    expect(error.message).not.toContain(alice.identity.slice(16));
  });

  it('is not there when it is left out, or null, which says so', () => {
    expect(resolve({}).recipients).toBeNull();
    expect(resolve({ recipients: null }).recipients).toBeNull();
  });

  it('is refused to a command only when it is used, if it is empty', async () => {
    const { recipients } = resolveOptions({ recipients: [] }, {}, true);
    await expect(recipients!()).rejects.toMatchObject(refusal('recipients', 'Set a list'));
  });

  it('is tried out at the start: a recipient that nobody could open anything of stops it', async () => {
    const module = Test.createTestingModule({
      imports: [BackupModule.forRoot({ recipients: [alice.recipient, ZERO] })],
    });
    const message = expect.stringMatching(/"recipients": Recipient 2 of 2 cannot be used: it is not a public key/);
    await expect(module.compile()).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message });
  });
});

import { BackupError } from 'nestjs-backup';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { signingPair } from '../../fixtures/signing.js';
import { errorOf, refusal, resolve } from './support/given.js';

const own = signingPair();
const other = signingPair();

describe('The option signingKey', () => {
  it.each([
    ['undefined, as a variable that is not set', undefined],
    ['an empty text', ''],
  ])('is refused when it is there and %s', (_what, signingKey) => {
    const error = errorOf({ signingKey });
    expect(error).toMatchObject(refusal('signingKey', 'leave the option out, or give null'));
    expect(error.message).toContain('so backups would not be signed');
    const { signingKey: inCommand } = resolveOptions({ signingKey }, {}, true);
    return expect(inCommand!()).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it.each<[string, string, unknown]>([
    ['signingKey', 'it is no key', 'no key'],
    ['signingKey', 'it is a public key', own.line],
    ['signingKey', 'it is a number', 7],
    ['signingKey', 'it lacks what signs', { publicKey: own.line }],
    ['signingKey.publicKey', 'it lacks the public key', { sign: () => Buffer.alloc(64) }],
    ['signingKey.publicKey', 'it has a private key in its place', { publicKey: own.pem, sign: () => Buffer.alloc(64) }],
  ])('is refused by the name %s when %s', (option, _what, signingKey) => {
    const error = errorOf({ signingKey });
    expect(error).toMatchObject(refusal(option.replace('.', '\\.'), 'Set an Ed25519 private key'));
    expect(error.message).not.toContain(own.pem.split('\n')[1]);
  });

  it('signs, as a key, as a function that gives one, and as an object that has access to one', async () => {
    const signer = { publicKey: own.line, sign: async (data: Uint8Array) => own.sign(data) };
    const given = [own.pem, () => own.pem, async () => own.pem, signer, () => signer];
    const signatures = given.map(async (signingKey) => {
      const key = await resolve({ signingKey }).signingKey!();
      return key.sign(Buffer.from('message'), 'test');
    });
    expect(new Set(await Promise.all(signatures)).size).toBe(1);
  });

  it('is checked when it is asked for, if it is a function, which has a time limit', async () => {
    await expect(resolve({ signingKey: () => 'no key' }).signingKey!()).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
    const never = resolve({ signingKey: () => new Promise(() => {}), remoteTimeout: 100 });
    await expect(never.signingKey!()).rejects.toThrow(/signingKey did not answer/);
    const sign = () => new Promise(() => {});
    const key = await resolve({ signingKey: { publicKey: own.line, sign }, remoteTimeout: 100 }).signingKey!();
    await expect(key.sign(Buffer.from('x'), 'test')).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      cause: expect.any(BackupError),
    });
  });

  it('has to be one of the trusted signers, if there are any', async () => {
    const trustedSigners = [other.line];
    const error = errorOf({ signingKey: own.pem, trustedSigners });
    expect(error).toMatchObject(refusal('signingKey', 'Give trustedSigners'));
    expect(error.message).toContain(own.line.split(' ').slice(0, 2).join(' '));
    const late = resolve({ signingKey: () => own.pem, trustedSigners }).signingKey!();
    await expect(late).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    const both = resolve({ signingKey: own.pem, trustedSigners: [other.line, own.line] });
    expect((await both.signingKey!()).publicKey.fingerprint).toBe(own.fingerprint);
  });

  it('is not there when it is left out, or null', () => {
    expect(resolve({}).signingKey).toBeNull();
    expect(resolve({ signingKey: null }).signingKey).toBeNull();
  });
});

describe('The option trustedSigners', () => {
  it.each([
    ['undefined, as a variable that is not set', undefined],
    ['an empty list', []],
    ['a list of a variable that is not set', [undefined]],
    ['an empty text', ''],
  ])('is refused when it is there and %s', (_what, trustedSigners) => {
    const error = errorOf({ trustedSigners });
    expect(error).toMatchObject(refusal('trustedSigners', 'leave the option out, or give null'));
    expect(error.message).toContain('so archives of anybody would be accepted');
    const { trustedSigners: inCommand } = resolveOptions({ trustedSigners: trustedSigners as never }, {}, true);
    expect(inCommand).toThrow(BackupError);
  });

  it.each<[string, string, unknown]>([
    ['trustedSigners', 'it is a text', own.line],
    ['trustedSigners[1]', 'one is a private key', [own.line, own.pem]],
    ['trustedSigners[0]', 'one is of another kind', ['ssh-rsa AAAA']],
  ])('is refused by the name %s when %s', (option, _what, trustedSigners) => {
    const error = errorOf({ trustedSigners });
    expect(error).toMatchObject(refusal(option.replace(/[[\]]/g, '\\$&'), 'Set a list'));
    expect(error.message).not.toContain(own.pem.split('\n')[1]);
  });

  it('is not there when it is left out, or null', () => {
    expect(resolve({}).trustedSigners).toBeNull();
    expect(resolve({ trustedSigners: null }).trustedSigners).toBeNull();
  });
});

import { randomBytes } from 'node:crypto';
import { isAesKey, parseAesKey } from '../../../lib/crypto/aes-key.js';
import { BackupError } from '../../../lib/errors/backup-error.js';

const bytes = Buffer.from('fbefbefbefbe00112233445566778899aabbccddeeff0123456789abcdeffbef', 'hex');
const hex = bytes.toString('hex');
const base64 = bytes.toString('base64');

describe('An AES key', () => {
  it.each([
    ['64 hexadecimal digits', hex],
    ['64 hexadecimal digits in capitals', hex.toUpperCase()],
    ['base64 of 32 bytes', base64],
    ['a Buffer of 32 bytes', bytes],
    ['a Uint8Array of 32 bytes', new Uint8Array(bytes)],
  ])('is taken as %s', (_form, key) => {
    expect(parseAesKey(key).equals(bytes)).toBe(true);
  });

  it('of 64 hexadecimal digits is hexadecimal, though it is legal base64 of 48 bytes too', () => {
    const digits = '0123456789abcdef'.repeat(4);
    expect(Buffer.from(digits, 'base64')).toHaveLength(48);
    expect(parseAesKey(digits).toString('hex')).toBe(digits);
  });

  it('is a copy, which its owner may wipe', () => {
    const mine = Buffer.from(bytes);
    parseAesKey(mine).fill(0);
    expect(mine.equals(bytes)).toBe(true);
  });

  const refused: Array<[string, string | Uint8Array]> = [
    ['an empty text', ''],
    ['63 hexadecimal digits', hex.slice(1)],
    ['65 hexadecimal digits', `${hex}0`],
    ['a digit that is none', `${hex.slice(0, 63)}g`],
    ['a hexadecimal prefix', `0x${hex.slice(2)}`],
    ['a line feed behind it', `${hex}\n`],
    ['a space before it', ` ${hex}`],
    ['a space in base64', ` ${base64}`],
    ['a line feed behind base64', `${base64}\n`],
    ['base64 without padding', base64.replace('=', '')],
    ['base64url', bytes.toString('base64url')],
    ['base64url with padding', base64.replaceAll('+', '-').replaceAll('/', '_')],
    ['base64 whose last bits are not zero', `${base64.slice(0, -2)}9=`],
    ['base64 of 31 bytes', randomBytes(31).toString('base64')],
    ['base64 of 33 bytes', randomBytes(33).toString('base64')],
    ['a passphrase', 'correct horse battery staple, all of it'],
    ['32 characters', 'abcdefghijklmnopqrstuvwxyz012345'],
    ['31 bytes', randomBytes(31)],
    ['33 bytes', randomBytes(33)],
  ];

  it.each(refused)('with %s is refused', (_fault, key) => {
    expect(() => parseAesKey(key)).toThrow(expect.objectContaining({ code: 'INVALID_AES_KEY' }));
    expect(isAesKey(key)).toBe(false);
  });

  it.each(refused.filter(([, key]) => key.length > 0))('with %s does not come back in the error', (_fault, key) => {
    const told = errorOf(key);
    expect(told).toBeInstanceOf(BackupError);
    const written = [told.message, told.stack, JSON.stringify(told)].join('\n');
    for (const form of [String(key), Buffer.from(key).toString('hex')]) expect(written).not.toContain(form);
  });

  it.each([undefined, null, 7, {}, [hex], bytes])('is no %p for a request', (value) => {
    expect(isAesKey(value)).toBe(false);
  });
});

function errorOf(key: string | Uint8Array): Error {
  try {
    parseAesKey(key);
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was accepted.');
}

import { describeBackup } from '../../../lib/backup/backup-name.js';
import { isAesKey } from '../../../lib/crypto/aes-key.js';
import { isKey, makeKey } from '../../../page/src/key/made-key.js';
import { archiveName, recoveryKit } from '../../../page/src/key/recovery-kit.js';

const madeAt = new Date('2026-11-18T12:00:00.123Z');

describe('a key that the page makes', () => {
  it('is one that the server takes, and another one each time', () => {
    const keys = Array.from({ length: 100 }, makeKey);
    expect(keys.filter((key) => !isAesKey(key))).toEqual([]);
    expect(new Set(keys).size).toBe(100);
  });

  it.each([
    'a'.repeat(64),
    'A1'.repeat(32),
    'a'.repeat(63),
    'g'.repeat(64),
    Buffer.alloc(32, 0xff).toString('base64'),
    Buffer.alloc(32, 1).toString('base64'),
    Buffer.alloc(31, 1).toString('base64'),
    Buffer.alloc(33, 1).toString('base64'),
    `${'A'.repeat(42)}B=`,
    '',
  ])('is told from other texts as the server does: %s', (text) => {
    expect(isKey(text)).toBe(isAesKey(text));
  });
});

describe('the recovery kit', () => {
  const kit = recoveryKit({
    key: 'ab'.repeat(32),
    application: 'shop',
    origin: 'https://shop.example.com',
    archive: archiveName(madeAt, true),
    madeAt,
  });

  it('has the key on a line of its own, what it opens, and how', () => {
    const lines = kit.split('\n').map((line) => line.trim());
    expect(lines).toContain('ab'.repeat(32));
    expect(kit).toContain('shop');
    expect(kit).toContain('https://shop.example.com');
    expect(kit).toContain('2026-11-18T12:00:00.123Z');
    expect(lines).toContain('npx nestjs-backup decrypt backup-20261118T120000Z.zip.crypt --key-file key.txt');
    expect(kit).toContain('docs/decrypting.md');
  });

  it('has the key in no command, where others on the machine could read it', () => {
    expect(kit.split('ab'.repeat(32))).toHaveLength(2);
  });

  it('names archives as the server does', () => {
    for (const encrypted of [true, false]) {
      expect(archiveName(madeAt, encrypted)).toBe(describeBackup(madeAt, encrypted ? 'aes' : 'none').filename);
    }
  });
});

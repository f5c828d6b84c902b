import 'reflect-metadata';
import * as crypto from 'node:crypto';
import { jest } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { BACKUP_KEY, secret } from '../../fixtures/secrets.js';

const timingSafeEqual = jest.fn(crypto.timingSafeEqual);
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, timingSafeEqual }));

const { BackupKeyGuard } = await import('../../../lib/http/backup-key.guard.js');
const { resolveOptions } = await import('../../../lib/options/resolve-options.js');

/** A clock would find differences of its own; what decides about time is what is compared, and how. */
describe('The comparison of backup keys', () => {
  const options = resolveOptions({ backupKey: BACKUP_KEY });
  const requests = {
    refused: (_request: object, _reason: string, exception: Error) => exception,
    next: () => {},
    requester: async () => ({ user: null, address: null }),
  };
  const counted: boolean[] = [];
  const wrongKeys = { count: async (_: unknown, isRight: boolean) => void counted.push(isRight) };
  const guard = new BackupKeyGuard(options, requests as never, wrongKeys as never, {} as never);
  const judge = (key: unknown) => {
    const http = { getRequest: () => ({ body: { key } }), getResponse: () => ({}) };
    return guard.canActivate({ switchToHttp: () => http } as unknown as ExecutionContext);
  };
  beforeEach(() => {
    timingSafeEqual.mockClear();
    counted.length = 0;
  });

  it.each([
    ['the right key', BACKUP_KEY],
    ['nothing', ''],
    ['its first character', BACKUP_KEY.slice(0, 1)],
    ['all but its last character', BACKUP_KEY.slice(0, -1)],
    ['one character more', `${BACKUP_KEY}x`],
    ['another last character', `${BACKUP_KEY.slice(0, -1)}x`],
    ['another first character', `x${BACKUP_KEY.slice(1)}`],
    ['something long', BACKUP_KEY.repeat(1000)],
  ])('is one, of two digests of 32 bytes, in constant time: %s', async (_, key) => {
    const answer = await judge(secret(key)).catch((error: Error) => error.message);
    expect(answer).toBe(key === BACKUP_KEY ? true : 'The backup key is wrong.');
    expect(timingSafeEqual).toHaveBeenCalledTimes(1);
    const expected = crypto.createHash('sha256').update(BACKUP_KEY).digest();
    const given = crypto.createHash('sha256').update(key).digest();
    expect(timingSafeEqual.mock.calls[0]).toEqual([given, expected]);
    expect(counted).toEqual([key === BACKUP_KEY]);
  });

  it('has nothing else to go by: the key itself is not kept', () => {
    const kept = JSON.stringify(options, (_, value: unknown) => (typeof value === 'function' ? String(value) : value));
    expect(kept).not.toContain(BACKUP_KEY);
    expect(kept).not.toContain(`"${BACKUP_KEY.length}"`);
  });
});

import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { errorOf, refusal, resolve } from './support/given.js';

describe('The encryption key', () => {
  it.each([
    [undefined, 'it is undefined, so backups would not be encrypted'],
    ['', 'it is empty, so backups would not be encrypted'],
  ])('is refused where the option is there and its variable is not set: %p', (encryptionKey, problem) => {
    const error = errorOf({ encryptionKey });
    expect(error).toMatchObject(refusal('encryptionKey', 'Set the environment variable .* leave the option out'));
    expect(error.message).toContain(problem);
    const base = { backupKey: 'k'.repeat(20) };
    expect(errorOf({ ...base, ...{ encryptionKey } })).toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('is refused to a command only when it is asked for, and is not taken for one left out', async () => {
    const { encryptionKey, isKeyMissing } = resolveOptions({ encryptionKey: undefined as never }, {}, true);
    expect(isKeyMissing).toBe(true);
    await expect(encryptionKey!()).rejects.toMatchObject(refusal('encryptionKey', 'Set the environment variable'));
  });

  it.each([
    ['left out', {}],
    ['null, which says so', { encryptionKey: null }],
  ])('is not there when it is %s', (_what, given) => {
    expect(resolve(given).encryptionKey).toBeNull();
  });
});

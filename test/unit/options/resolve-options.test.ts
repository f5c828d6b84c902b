import { createHash } from 'node:crypto';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { errorOf, refusal, resolve } from './support/given.js';

describe('Options that are not given', () => {
  it('have their defaults', async () => {
    const options = resolveOptions({});
    expect(options).toMatchObject({
      backupKeyDigest: null,
      dataDirs: [],
      destinations: new Map(),
      excludeEntities: [],
      unmappedTables: 'warn',
      dataSource: 'default',
      compressionLevel: 3,
      idleTimeout: 300_000,
      wrongKeys: { limit: 5, ttl: 60_000 },
      uploads: { maxBytes: Number.MAX_SAFE_INTEGER, maxUnfinished: 5, expiresAfter: 172_800_000 },
    });
    expect(options.appVersion).toMatch(/^\d+\.\d+\.\d+/);
    expect(await options.enabled()).toBe(true);
  });

  const names = [
    ...['backupKey', 'dataDirs', 'appVersion', 'enabled', 'isSystemUser', 'excludeEntities', 'unmappedTables'],
    ...[
      'dataSource',
      'compressionLevel',
      'identifyUser',
      'wrongKeys',
      'uploads',
      'idleTimeout',
      'archiveLimits',
      'destinations',
      'retention',
    ],
  ];

  it.each(names)('are the same as %s: undefined or null', (name) => {
    for (const nothing of [undefined, null]) {
      expect(JSON.stringify(resolve({ [name]: nothing }))).toBe(JSON.stringify(resolve({})));
    }
  });
});

describe('The backup key', () => {
  it('has 20 characters at least', () => {
    expect(resolve({ backupKey: 'k'.repeat(20) }).backupKeyDigest).not.toBeNull();
    expect(errorOf({ backupKey: 'k'.repeat(19) })).toMatchObject(refusal('backupKey', 'openssl rand -hex 32'));
  });

  it('is counted in characters, not in bytes or code units', () => {
    expect(() => resolve({ backupKey: '🔑'.repeat(20) })).not.toThrow();
    expect(errorOf({ backupKey: '🔑'.repeat(19) })).toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('is refused when it is empty, which is a mistake and not the wish to have none', () => {
    expect(errorOf({ backupKey: '' })).toMatchObject(refusal('backupKey', 'Leave it undefined'));
  });

  it.each([[12345678901234567890n], [['k'.repeat(20)]], [{}], [true]])('is refused when it is no text', (backupKey) => {
    expect(errorOf({ backupKey })).toMatchObject(refusal('backupKey', 'Set a string'));
  });

  it('is kept as a digest only, and no error names it', () => {
    const backupKey = 'correct horse battery staple';
    const options = resolve({ backupKey });
    expect(options.backupKeyDigest).toEqual(createHash('sha256').update(backupKey).digest());
    expect(JSON.stringify(options)).not.toContain('horse');
    const mistakes = [{ backupKey: 'short horse' }, { backupKey, compressionLevel: 10 }, { backupKey, nonsense: 1 }];
    for (const mistake of mistakes) {
      const error = errorOf(mistake);
      expect([error.message, error.stack, JSON.stringify(error)].join()).not.toContain('horse');
    }
  });
});

describe('An option of the wrong kind is refused by name, with the remedy:', () => {
  it.each([
    ['enabled', 'yes', 'Set a boolean or a function'],
    ['enabled', 1, 'Set a boolean or a function'],
    ['isSystemUser', true, 'Set a function'],
    ['excludeEntities', 'Session', 'Set an array'],
    ['unmappedTables', 'ignore', "Set 'warn' or 'include'"],
    ['compressionLevel', 10, 'whole number from 0'],
    ['compressionLevel', -1, 'whole number from 0'],
    ['compressionLevel', 2.5, 'whole number from 0'],
    ['compressionLevel', '3', 'whole number from 0'],
    ['compressionLevel', NaN, 'whole number from 0'],
    ['appVersion', 1.4, 'Set a string'],
    ['appVersion', '1'.repeat(257), 'at most 256 characters'],
    ['idleTimeout', 5, 'Set at least 1000 milliseconds'],
    ['idleTimeout', Infinity, 'Set at least 1000 milliseconds'],
    ['idleTimeout', '5m', 'Set at least 1000 milliseconds'],
    ['archiveLimits', 7, 'Set an object'],
    ['identifyUser', 'id', 'Set a function'],
    ['wrongKeys', 5, 'Set an object'],
    ['wrongKeys', [5], 'Set an object'],
    ['uploads', 5, 'Set an object'],
    ['dataDirs', '/data', 'Set \\{ name:'],
    ['dataDirs', ['/data'], 'Set \\{ name:'],
  ])('%s = %p', (name, value, remedy) => {
    expect(errorOf({ [name]: value })).toMatchObject(refusal(name, remedy));
  });

  it.each([
    ['limit', 0, 'Set a whole number of at least 1'],
    ['limit', '5', 'Set a whole number of at least 1'],
    ['limit', Infinity, 'Set a whole number of at least 1'],
    ['ttl', 60, 'Set at least 1000 milliseconds'],
    ['storage', {}, 'Set a storage of @nestjs/throttler'],
    ['max', 5, 'Known options: limit, storage, ttl'],
  ])('wrongKeys.%s = %p', (name, value, remedy) => {
    expect(errorOf({ wrongKeys: { [name]: value } })).toMatchObject(refusal(`wrongKeys.${name}`, remedy));
  });

  it.each([
    ['maxBytes', 0, 'Set a whole number of bytes'],
    ['maxBytes', '1GB', 'Set a whole number of bytes'],
    ['maxUnfinished', -1, 'Set a whole number, or 0'],
    ['expiresAfter', 5, 'at least 60000'],
    ['max', 5, 'Known options: expiresAfter, maxBytes, maxUnfinished'],
  ])('uploads.%s = %p', (name, value, remedy) => {
    expect(errorOf({ uploads: { [name]: value } })).toMatchObject(refusal(`uploads.${name}`, remedy));
  });

  it.each([
    ['entries', 0, 'Set a whole number of at least 1'],
    ['lineBytes', '1MB', 'Set a whole number of at least 1'],
    ['bytes', 5, 'Known limits: entries, .*lineBytes'],
  ])('archiveLimits.%s = %p', (name, value, remedy) => {
    expect(errorOf({ archiveLimits: { [name]: value } })).toMatchObject(refusal(`archiveLimits.${name}`, remedy));
  });

  it('an option that does not exist, with the list of those that do', () => {
    const message = errorOf({ backupkey: 'k'.repeat(30) }).message;
    expect(message).toMatch(/"backupkey": unknown option\. Did you mean backupKey\? Known options: .*backupKey/);
    const known = message.match(/Known options: (.*)\.$/)![1]!.split(', ');
    expect(known).toEqual(known.toSorted((one, other) => one.localeCompare(other, 'en')));
    expect(errorOf({ nothingOfTheKind: 1 } as never).message).not.toContain('Did you mean');
    expect(errorOf({ wrongKeys: { limits: 1 } } as never).message).toContain('Did you mean limit?');
  });

  it.each(['guards', 'path', 'isGlobal', 'history', 'metrics'])('%s, which belongs beside the factory', (name) => {
    expect(errorOf({ [name]: [] } as never).message).toMatch(/belongs next to useFactory\. Give it to forRootAsync/);
  });

  it('what is not a function, and should be', () => {
    expect(errorOf({ isSystemUser: true } as never).message).toContain('it is not a function. Set a function (user');
  });
});

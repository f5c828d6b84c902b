import { checkRedisUrl, withoutSecrets } from '../../../lib/queue/redis-secrets.js';

describe('The password of a connection to Redis', () => {
  it.each([
    ['an option', { host: 'redis', password: 'hush-hush' }, 'hush-hush'],
    ['that of sentinels', { sentinelPassword: 'hush-hush' }, 'hush-hush'],
    ['in an address', { url: 'redis://ada:hush-hush@redis:6379' }, 'hush-hush'],
    ['in an address, encoded', { url: 'redis://:hush%2Fhush@redis' }, 'hush%2Fhush and hush/hush'],
    ['of a client', { options: { password: 'hush-hush' } }, 'hush-hush'],
  ])('is in no sentence: %s', (_, connection, said) => {
    const text = withoutSecrets(`WRONGPASS ${said} at redis`, connection);
    expect(text).toMatch(/^WRONGPASS \*\*\*( and \*\*\*)? at redis$/);
  });

  it('leaves other sentences as they are', () => {
    const text = 'connect ECONNREFUSED 127.0.0.1:6379';
    for (const connection of [{}, { password: '' }, { url: 'redis://redis' }]) {
      expect(withoutSecrets(text, connection)).toBe(text);
    }
  });

  it('is not taken for the path of a socket', () => {
    for (const url of ['redis://redis', 'rediss://ada:x@redis:6380/1', undefined]) {
      expect(() => checkRedisUrl({ url })).not.toThrow();
    }
    for (const url of ['ada:hush-hush@redis', '/hush-hush@redis', 'redis://a:hush-hush@redis:port', 7]) {
      expect(() => checkRedisUrl({ url })).toThrow(/^(?!.*hush).*not a Redis URL/);
    }
  });
});

import { resolve } from './support/given.js';

describe('The feature flag', () => {
  it.each([
    ['true', true, true],
    ['false', false, false],
    ['a function', () => true, true],
    ['a function that says no', () => false, false],
    ['a promise', async () => true, true],
    ['a promise of no', async () => false, false],
    ['anything that is not true', () => 'true', false],
  ])('is asked as %s', async (_what, enabled, answer) => {
    expect(await resolve({ enabled }).enabled()).toBe(answer);
  });

  it('is asked anew each time', async () => {
    let on = false;
    const { enabled } = resolve({ enabled: () => on });
    expect(await enabled()).toBe(false);
    on = true;
    expect(await enabled()).toBe(true);
  });
});

describe('Who a user is', () => {
  it.each([
    [{ id: 7, name: 'jane' }, '7'],
    [{ id: '', email: 'jane@example.com', name: 'jane' }, 'jane@example.com'],
    [{ sub: 'a|b', username: 'jane' }, 'a|b'],
    [{ id: 12n }, '12'],
    [{ id: 0 }, '0'],
    [{ id: { toString: () => 'x' } }, null],
    [{}, null],
    ['jane', 'jane'],
    [{ name: 'n'.repeat(500) }, 'n'.repeat(200)],
  ])('is found in %p', async (user, name) => {
    expect(await resolve({}).identifyUser(user, {})).toBe(name);
  });

  it("is said by the host's own function", async () => {
    const { identifyUser } = resolve({ identifyUser: async (user: { nr: number }) => user.nr });
    expect(await identifyUser({ nr: 5 }, {})).toBe('5');
    expect(await identifyUser({}, {})).toBeNull();
  });
});

describe('Who is a system user', () => {
  it('is said by request.user.isSystemUser, and nothing but true is true', async () => {
    const { isSystemUser } = resolve({});
    const ask = (user: unknown) => isSystemUser(user, {});
    expect(await ask({ isSystemUser: true })).toBe(true);
    for (const user of [{}, { isSystemUser: 'true' }, { isSystemUser: 1 }, { isSuperuser: true }]) {
      expect(await ask(user)).toBe(false);
    }
  });

  it("is said by the host's own function, and nothing but true is true", async () => {
    const { isSystemUser } = resolve({ isSystemUser: async (user: string, request: string) => user === request });
    expect(await isSystemUser('a', 'a')).toBe(true);
    expect(await isSystemUser('a', 'b')).toBe(false);
    expect(await resolve({ isSystemUser: () => 'yes' }).isSystemUser({}, {})).toBe(false);
  });
});

import { KNOWN_OPTIONS, resolveOptions } from '../../../lib/options/resolve-options.js';
import { spelledOut } from '../../../lib/support/read-options.js';
import { errorOf } from './support/given.js';

describe('Options as an object of a class', () => {
  class Settings {
    get encryptionKey() {
      return 'ab'.repeat(32);
    }
    get transformRow() {
      return () => null;
    }
    get retention() {
      return new Rules();
    }
    get archiveLimits() {
      return new Limits();
    }
    get enabled() {
      return true;
    }
  }
  class Rules {
    get last() {
      return 3;
    }
  }
  class Limits {
    get entries() {
      return 7;
    }
  }

  it('count with their getters', async () => {
    const options = resolveOptions(new Settings(), { enabled: false });
    expect(await options.encryptionKey?.()).toHaveLength(32);
    expect(options).toMatchObject({
      transformRow: expect.any(Function),
      retention: { last: 3 },
      archiveLimits: { entries: 7 },
    });
    expect(await options.enabled()).toBe(false);
  });

  it('are refused with an own property that is no option', () => {
    expect(errorOf(Object.assign(new Settings(), { dataDir: {} }) as never)).toMatchObject({
      message: expect.stringMatching(/"dataDir": unknown option/),
    });
  });

  it.each([
    ['encryptonKey', { encryptonKey: () => 'ab'.repeat(32) }],
    ['retention.lst', { retention: Object.create({ lst: 3 }) }],
    ['archiveLimits.entires', { archiveLimits: Object.create({ entires: 3 }) }],
    ['uploads.maxByte', { uploads: Object.create({ maxByte: 3 }) }],
    ['wrongKeys.limt', { wrongKeys: Object.create({ limt: 3 }) }],
  ])('are refused with an inherited property that is probably an option, misspelled: %s', (name, inherited) => {
    const given = name.includes('.') ? inherited : Object.create(inherited);
    const refused = { code: 'INVALID_OPTIONS', message: expect.stringContaining(`"${name}": unknown`) };
    expect(errorOf(given)).toMatchObject(refused);
    // What forRoot() makes of them.
    expect(errorOf(spelledOut(given, KNOWN_OPTIONS))).toMatchObject(refused);
  });

  it('may have other properties of a class', async () => {
    class Helpful extends Settings {
      get isProduction() {
        return true;
      }
      get encryptonKey() {
        return this.encryptionKey;
      }
      log() {}
    }
    expect(await resolveOptions(new Helpful(), {}).encryptionKey?.()).toHaveLength(32);
  });

  it.each([undefined, null, 'text', [], () => ({})])('are refused if they are none at all: %p', (given) => {
    expect(errorOf(given as never)).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/^BackupModule: its options are not an object/),
    });
  });
});

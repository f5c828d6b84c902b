import { resolveOptions } from '../../../lib/options/resolve-options.js';
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

  it.each([undefined, null, 'text', [], () => ({})])('are refused if they are none at all: %p', (given) => {
    expect(errorOf(given as never)).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/^BackupModule: its options are not an object/),
    });
  });
});

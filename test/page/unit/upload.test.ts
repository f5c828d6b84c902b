import { openingOf } from '../../../page/src/upload/opening.js';
import { differenceFrom } from '../../../page/src/upload/same-file.js';
import { AES_KEY, AES_KEY_BASE64 } from '../../fixtures/secrets.js';

describe('A file that is chosen again', () => {
  const begun = { filename: 'a.zip', size: 10, lastModified: 5 };

  it('has the size and the time of the one that was begun, whatever its name is now', () => {
    expect(differenceFrom(begun, { name: 'b.zip', size: 10, lastModified: 5 })).toBeNull();
    expect(differenceFrom({ ...begun, lastModified: null }, { name: 'a.zip', size: 10, lastModified: 6 })).toBeNull();
    expect(differenceFrom(begun, { name: 'a.zip', size: 11, lastModified: 5 })).toContain('another size');
    expect(differenceFrom(begun, { name: 'a.zip', size: 10, lastModified: 6 })).toContain('was changed');
  });
});

describe('What opens an uploaded archive', () => {
  it('is a key, an identity, nothing, or wrong', () => {
    expect(openingOf('  ')).toEqual({});
    expect(openingOf(` ${AES_KEY}\n`)).toEqual({ aes_key: AES_KEY });
    expect(openingOf(AES_KEY_BASE64)).toEqual({ aes_key: AES_KEY_BASE64 });
    expect(openingOf('AGE-SECRET-KEY-1ABC')).toEqual({ identity: 'AGE-SECRET-KEY-1ABC' });
    expect(openingOf('AGE')).toBeUndefined();
  });
});

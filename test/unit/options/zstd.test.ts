import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { describeUnless } from '../../fixtures/unless.js';
import { hasZstd, noZstd } from '../../fixtures/zstd.js';
import { errorOf, refusal, resolve } from './support/given.js';

describe('The compression', () => {
  it('is deflate at level 3 by default', () => {
    expect(resolve({})).toMatchObject({ compression: 'deflate', compressionLevel: 3 });
  });

  it.each(['gzip', 'ZSTD', '', 93, true, ['zstd'], {}, 'constructor'])('is refused when it is %j', (compression) => {
    expect(errorOf({ compression })).toMatchObject(refusal('compression', "Set 'deflate' or 'zstd'"));
  });

  it('has a level up to 9 with deflate', () => {
    expect(resolve({ compression: 'deflate', compressionLevel: 9 })).toMatchObject({ compressionLevel: 9 });
    const error = errorOf({ compression: 'deflate', compressionLevel: 10 });
    expect(error).toMatchObject(refusal('compressionLevel', 'whole number from 0 \\(stored\\) to 9\\.'));
  });
});

describeUnless(noZstd, 'The compression zstd', () => {
  it.each([0, 1, 3, 19])('has level %i', (compressionLevel) => {
    const options = { compression: 'zstd', compressionLevel };
    expect(resolve(options)).toMatchObject(options);
  });

  it('has level 3 by default', () => {
    expect(resolve({ compression: 'zstd' })).toMatchObject({ compression: 'zstd', compressionLevel: 3 });
  });

  it.each([-1, 20, 22, 2.5, '3'])('does not have level %j', (compressionLevel) => {
    const error = errorOf({ compression: 'zstd', compressionLevel });
    expect(error).toMatchObject(refusal('compressionLevel', 'whole number from 0 \\(stored\\) to 19\\.'));
  });
});

describeUnless(hasZstd, 'The compression zstd on a Node without it', () => {
  it('is refused, with what to do', () => {
    const remedy = "Use Node\\.js 22\\.15, 23\\.8, or later, or set 'deflate'";
    expect(errorOf({ compression: 'zstd' })).toMatchObject(refusal('compression', remedy));
  });

  it('is accepted in a command, which may not need it', () => {
    expect(resolveOptions({ compression: 'zstd' }, {}, true)).toMatchObject({ compression: 'zstd' });
  });
});

import { ArchiveWriter } from '../../../../lib/archive/archive-writer.js';
import { ArchiveReader } from '../../../../lib/archive/read/archive-reader.js';
import { hostileZip } from '../../../fixtures/hostile-zip.js';
import { describeUnless } from '../../../fixtures/unless.js';
import { hasZstd } from '../../../fixtures/zstd.js';
import { sourceOf } from '../../restore/support/made-archive.js';

describeUnless(hasZstd, 'A Node without zstd', () => {
  it('refuses an archive of zstd before anything of it is read, and says which Node reads it', async () => {
    const packed = Buffer.from('28b52ffd200131000031', 'hex');
    const archive = hostileZip([{ name: 'VERSION', content: '1', method: 93, packed }]);
    await expect(ArchiveReader.open(sourceOf(archive))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/"VERSION", is compressed with zstd, .* Use Node\.js 22\.15, 23\.8, or later\.$/),
    });
  });

  it('does not begin to write one', () => {
    expect(() => new ArchiveWriter(3, 'zstd')).toThrow(/zstd, which Node\.js v\S+ lacks\. Use Node\.js 22\.15, 23\.8/);
  });
});

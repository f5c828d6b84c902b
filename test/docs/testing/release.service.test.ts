import { Test } from '@nestjs/testing';
import { BackupStore, type StoreReport } from 'nestjs-backup';
import { ReleaseService } from './release.service';

describe('A release', () => {
  const prepare = async (result: StoreReport['result']) => {
    const backups = { store: () => Promise.resolve({ id: 'b1', result }) };
    const module = await Test.createTestingModule({
      providers: [ReleaseService, { provide: BackupStore, useValue: backups }],
    }).compile();
    return module.get(ReleaseService).prepare();
  };

  it('goes on with a whole backup', async () => {
    expect(await prepare('success')).toBe('b1');
  });

  it('does not with one that lacks a file', async () => {
    await expect(prepare('incomplete')).rejects.toThrow('Backup b1 is incomplete.');
  });
});

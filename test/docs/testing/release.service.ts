import { Injectable } from '@nestjs/common';
import { BackupStore } from 'nestjs-backup';

@Injectable()
export class ReleaseService {
  constructor(private readonly backups: BackupStore) {}

  /** Nothing is changed before a whole backup of it is in the vault. @returns the backup's id */
  async prepare(): Promise<string> {
    const { id, result } = await this.backups.store({ destinations: ['vault'] });
    if (result !== 'success') throw new Error(`Backup ${id} is ${result}.`);
    return id;
  }
}

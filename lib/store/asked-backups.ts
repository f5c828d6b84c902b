import { Injectable } from '@nestjs/common';
import { BackupStore, type StoreBackupOptions } from './backup-store.js';

export type AskedBackup = Pick<StoreBackupOptions, 'destinations' | 'initiator'>;

/** Makes backups that are asked for, in whichever process; resolves with what they can be found by. */
export type BackupTaker = (asked: AskedBackup) => Promise<{ readonly id: string }>;

/** Backups that somebody asks for and does not wait for: begun here, or handed to whoever makes them for this process. */
@Injectable()
export class AskedBackups {
  private taker: BackupTaker | undefined;

  constructor(private readonly store: BackupStore) {}

  handTo(taker: BackupTaker): void {
    this.taker = taker;
  }

  /**
   * One with a key of its own is begun here: the key goes nowhere else. So is one that is not to be encrypted.
   * @throws BackupError as `BackupStore.begin`, or the taker
   */
  async ask(options: StoreBackupOptions): Promise<{ readonly id: string }> {
    const { aesKey, plaintext, destinations, initiator } = options;
    return this.taker && aesKey === undefined && !plaintext
      ? this.taker({ destinations, initiator })
      : this.store.begin(options);
  }
}

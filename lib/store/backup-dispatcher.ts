import { Injectable } from '@nestjs/common';
import { BackupStore, type StoreBackupOptions } from './backup-store.js';

export type BackupRequest = Pick<StoreBackupOptions, 'destinations' | 'initiator'>;

/** Makes backups that are asked for, in whichever process; resolves with what they can be found by. */
export type BackupDelegate = (asked: BackupRequest) => Promise<{ readonly id: string }>;

/** Backups that somebody asks for and does not wait for: begun here, or handed to whoever makes them for this process. */
@Injectable()
export class BackupDispatcher {
  private delegate: BackupDelegate | undefined;

  constructor(private readonly store: BackupStore) {}

  delegateTo(delegate: BackupDelegate): void {
    this.delegate = delegate;
  }

  /**
   * One with a key of its own is begun here: the key goes nowhere else. So is one that is not to be encrypted.
   * @throws BackupError as `BackupStore.begin`, or the delegate
   */
  async dispatch(options: StoreBackupOptions): Promise<{ readonly id: string }> {
    const { aesKey, plaintext, destinations, initiator } = options;
    return this.delegate && aesKey === undefined && !plaintext
      ? this.delegate({ destinations, initiator })
      : this.store.begin(options);
  }
}

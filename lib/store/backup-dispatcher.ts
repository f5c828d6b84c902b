import { Injectable } from '@nestjs/common';
import { BackupStore, type StoreBackupOptions } from './backup-store.js';

export type BackupRequest = Pick<StoreBackupOptions, 'destinations' | 'initiator'>;

/** Makes requested backups, in whichever process; resolves with the id by which they can be found. */
export type BackupDelegate = (asked: BackupRequest) => Promise<{ readonly id: string }>;

/**
 * Backups that are requested without waiting for them: started here, or handed to whatever makes them for this process.
 */
@Injectable()
export class BackupDispatcher {
  private delegate: BackupDelegate | undefined;

  constructor(private readonly store: BackupStore) {}

  delegateTo(delegate: BackupDelegate): void {
    this.delegate = delegate;
  }

  /**
   * A backup with its own key or recipients is started here, so that the key goes nowhere else. So is one that is not to be
   * encrypted.
   * @throws BackupError as `BackupStore.begin`, or the delegate
   */
  async dispatch(options: StoreBackupOptions): Promise<{ readonly id: string }> {
    const { aesKey, recipients, plaintext, destinations, initiator } = options;
    return this.delegate && aesKey === undefined && recipients === undefined && !plaintext
      ? this.delegate({ destinations, initiator })
      : this.store.begin(options);
  }
}

import type { BackupContentAnswer, StoredBackupItem } from '../../../lib/page/page-api.js';

const ORIGINS: Readonly<Record<StoredBackupItem['origin'], string>> = {
  own: 'sealed by this application',
  other: 'sealed with a key of this application, for another database',
  foreign: 'not authenticated: sealed with an unknown key',
  unsealed: 'not authenticated: it has no seal',
  unsigned: 'not signed by a trusted signer',
  uploaded: 'uploaded, and sealed by this application when it was checked',
  unknown: 'no key is configured that could tell who made it',
};

/** Who vouches for a stored backup. */
export const originText = (origin: StoredBackupItem['origin']): string => ORIGINS[origin] ?? origin;

/** Whether anybody speaks against its being a backup of this application. */
export const isTrusted = ({ origin }: StoredBackupItem): boolean => origin === 'own' || origin === 'unknown';

/** A backup that a restore can rely on. */
export const isGood = (item: StoredBackupItem): boolean =>
  item.result === 'success' && !item.redacted && isTrusted(item);

/** Who signed a backup, as its own signature says. */
export function signatureText(signature: BackupContentAnswer['signature']): string {
  if (!signature) return 'no';
  const trust = { true: ', a trusted signer', false: ', which is not a trusted signer', null: '' };
  return `by ${signature.signer}${trust[`${signature.trusted}`]}`;
}

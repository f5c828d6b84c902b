import { findAesKey } from './aes-key.js';
import { storedReference } from './archive-argument.js';
import { encryptionOf, refuseMissing } from './archive-file.js';
import { findIdentities } from './identity.js';
import type { FoundKeys, OpeningOptions } from './opening-options.js';

/**
 * The key and the identities for an existing archive. What is merely available, in an environment variable, applies to
 * archives that are encrypted so: it does not imply that this is one.
 * @throws BackupError as `findAesKey` and `findIdentities`; `ARCHIVE_INVALID` when there is no such archive
 */
export async function findKeysFor(argument: string, options: OpeningOptions): Promise<FoundKeys> {
  await refuseMissing(argument);
  const aesKey = await findAesKey(options);
  const identity = await findIdentities(options);
  const keyIsGiven = options.key !== undefined || options.keyFile !== undefined;
  const identityIsGiven = options.identity !== undefined;
  const mayNotApply = (aesKey && !keyIsGiven) || (identity && !identityIsGiven);
  if (!mayNotApply || storedReference(argument)) return { aesKey, identity };
  const encryption = await encryptionOf(argument);
  const keyApplies = keyIsGiven || encryption === 'aes';
  if (!keyApplies) aesKey?.fill(0);
  return {
    aesKey: keyApplies ? aesKey : undefined,
    identity: identityIsGiven || encryption === 'age' ? identity : undefined,
  };
}

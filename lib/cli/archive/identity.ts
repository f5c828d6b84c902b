import { Identities } from '../../crypto/age/identities.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { readSmallFile } from '../small-file.js';
import { ask } from './ask.js';
import type { IdentityOptions } from './opening-options.js';

/** Environment variable of the identity: the path of its file, or what is in it. */
export const IDENTITY_VARIABLE = 'BACKUP_IDENTITY';

const CONTENT = /AGE-SECRET-KEY-|AGE-PLUGIN-|-----BEGIN AGE/;

/**
 * The identities from `--identity` or `BACKUP_IDENTITY`; undefined without either. The passphrase of a protected file is
 * asked for when an archive needs it.
 * @throws BackupError `INVALID_IDENTITY`, `WRONG_USAGE`
 */
export async function findIdentities({ identity }: IdentityOptions): Promise<Identities | undefined> {
  if (identity !== undefined) {
    if (CONTENT.test(identity)) {
      const problem =
        'every user of this machine can read arguments, so --identity accepts only the name of a file, not what is in it';
      throw wrongUsage(problem, `Use --identity FILE, or ${IDENTITY_VARIABLE}.`);
    }
    return parse(await read(identity, '--identity'), identity);
  }
  const { [IDENTITY_VARIABLE]: given } = process.env;
  if (!given) return undefined;
  return CONTENT.test(given) ? parse(given, IDENTITY_VARIABLE) : parse(await read(given, IDENTITY_VARIABLE), given);
}

function parse(content: string | Uint8Array, from: string): Identities {
  return Identities.parse(content, () =>
    ask(`Passphrase of ${from}: `, {
      noTerminal: 'the identity is protected by a passphrase, and there is no terminal to prompt on',
      nothingTyped: 'no passphrase was typed',
      remedy: 'Without a terminal, use an identity file that has no passphrase.',
    }),
  );
}

function read(path: string, setting: string): Promise<Buffer> {
  return readSmallFile(path, 'identity file', setting);
}

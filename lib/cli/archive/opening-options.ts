import type { Identities } from '../../crypto/age/identities.js';

/** The flags for the key. Its value is never an argument, because other users of the machine could read that. */
export interface KeyOptions {
  /** `-`: prompt on the terminal. */
  readonly key?: string;
  readonly keyFile?: string;
}

export interface IdentityOptions {
  /** Path of an identity file. */
  readonly identity?: string;
}

/** The flags for what opens archives. */
export type OpeningOptions = KeyOptions & IdentityOptions;

/** What opens an archive, as the application's services take it. */
export interface FoundKeys {
  readonly aesKey: Buffer | undefined;
  readonly identity: Identities | undefined;
}

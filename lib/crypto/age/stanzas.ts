/*
 * A header says nothing about whom its stanzas are for, so an identity tries each of its kind, for up to some
 * milliseconds. Whoever made the archive decides how many there are, and nothing of it is authenticated yet.
 */
import { setImmediate } from 'node:timers/promises';
import { tooManyStanzas } from '../../errors/archive-errors.js';
import type { AgeIdentity } from './key-service.js';
import type { Age } from './load-age.js';

/** Most stanzas that identities try; an archive of this library has up to 20. */
export const MOST_TRIED = 100;

/** The types of stanza that identities try. */
const TRIED: ReadonlySet<string | undefined> = new Set(['X25519', 'mlkem768x25519']);

type Stanzas = Parameters<AgeIdentity['unwrapFileKey']>[0];

/** Goes before all others and has no key, but refuses a header that would occupy them for long. */
export const fewStanzas: AgeIdentity = {
  unwrapFileKey: async (stanzas) => {
    const { length } = triedOf(stanzas);
    if (length > MOST_TRIED) throw tooManyStanzas(length, MOST_TRIED);
    return null;
  },
};

/** Tries one stanza at a time and lets the application's own work in between, which the library does not. */
export function oneByOne(identity: string, Decrypter: Age['Decrypter']): AgeIdentity {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return {
    unwrapFileKey: async (stanzas) => {
      for (const stanza of triedOf(stanzas)) {
        // The public methods take whole headers only.
        const fileKey: Uint8Array | null = await decrypter['unwrapFileKey']([stanza]);
        if (fileKey) return fileKey;
        await setImmediate();
      }
      return null;
    },
  };
}

function triedOf(stanzas: Stanzas): Stanzas {
  return stanzas.filter(({ args }) => TRIED.has(args[0]));
}

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * Whose a stored object is, as far as its seal tells: of this application; of another one, or of another database, that
 * has the same key; sealed with no key that is known here; not sealed at all; or nobody can tell, since there is no key.
 */
export type Origin = 'own' | 'other' | 'foreign' | 'unsealed' | 'unknown';

/** Beside what is sealed. */
interface SealFields {
  /** Name of the object, so that nobody brings an old one back under another name. */
  readonly object: string;
  /** Which database it is of, under the key: it tells nothing to those without it. */
  readonly database: string;
  readonly seal: string;
}

/** What a key is derived from. */
export type SealSecret = { readonly of: 'retentionKey' | 'encryptionKey'; readonly bytes: Uint8Array };

const FORMAT = 'nestjs-backup seal/1';
const KEY_BYTES = 32;

/**
 * Proves that JSON which lies in a destination was put there by this application: HMAC-SHA-256 over all of its fields in
 * canonical form, under a key that only the application's environment knows.
 */
export class Seal {
  private readonly keys: readonly Buffer[];

  /**
   * @param secrets one at least; the first one seals
   * @param database tells applications apart that have the same key
   */
  constructor(
    secrets: readonly SealSecret[],
    private readonly database: string,
  ) {
    this.keys = secrets.map(({ of, bytes }) =>
      Buffer.from(hkdfSync('sha256', bytes, '', `${FORMAT} ${of}`, KEY_BYTES)),
    );
  }

  /** The same content, sealed as that of an object. */
  add<Content extends object>(content: Content, object: string): Content & SealFields {
    const [key] = this.keys as [Buffer];
    const whole = { ...content, object, database: this.databaseUnder(key) };
    return { ...whole, seal: sealOf(key, whole).toString('hex') };
  }

  /** @param content parsed JSON of the object, all fields of it */
  originOf(content: unknown, object: string): Exclude<Origin, 'unknown'> {
    const { seal, ...whole } = (content ?? {}) as Partial<SealFields>;
    if (typeof seal !== 'string') return 'unsealed';
    const given = Buffer.from(seal, 'hex');
    const key = this.keys.find((one) => isSame(sealOf(one, whole), given));
    if (!key || whole.object !== object) return 'foreign';
    return whole.database === this.databaseUnder(key) ? 'own' : 'other';
  }

  private databaseUnder(key: Buffer): string {
    return createHmac('sha256', key).update(`database ${this.database}`).digest('hex').slice(0, KEY_BYTES);
  }
}

function sealOf(key: Buffer, content: object): Buffer {
  return createHmac('sha256', key)
    .update(`${FORMAT}\n${canonical(content)}`)
    .digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** JSON without spaces, the keys of every object sorted: the same text whoever has written the file. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

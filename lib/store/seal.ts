import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/**
 * The origin of a stored object, as far as its seal shows: this application; another one, or another database, with the
 * same key; sealed with a key that is not known here; not sealed at all; or unknown, since there is no key. Where signers
 * are trusted, `unsigned` is what none of them has signed, whatever its seal.
 * `uploaded`: somebody with the backup key has uploaded it.
 */
export type Origin = 'own' | 'other' | 'foreign' | 'unsealed' | 'unsigned' | 'unknown' | 'uploaded';

/** Stored beside what is sealed. */
interface SealFields {
  /** Name of the object, so that an old one cannot be replayed under another name. */
  readonly object: string;
  /** Identifies the database by a keyed digest, which reveals nothing without the key. */
  readonly database: string;
  readonly seal: string;
}

/** What a key is derived from. */
export type SealSecret = { readonly of: 'retentionKey' | 'encryptionKey' | 'backupKey'; readonly bytes: Uint8Array };

const FORMAT = 'nestjs-backup seal/1';
const KEY_BYTES = 32;

/**
 * Proves that JSON in a destination was put there by this application: HMAC-SHA-256 over all of its fields in canonical
 * form, under a key known only to the application's environment.
 */
export class Seal {
  private readonly keys: readonly Buffer[];

  /**
   * @param secrets at least one; the first one seals
   * @param database distinguishes applications that have the same key
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

  /** @param content the object's parsed JSON, with all of its fields */
  originOf(content: unknown, object: string): Exclude<Origin, 'unsigned' | 'unknown' | 'uploaded'> {
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
    .update(`${FORMAT}\n${canonicalJson(content)}`)
    .digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

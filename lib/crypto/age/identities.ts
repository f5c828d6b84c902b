import { decryptionFailed, keyDoesNotFit } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { invalidIdentity } from '../../errors/key-errors.js';
import { beginsLikeAge, VERSION_LINE } from './age-format.js';
import { decodeBech32 } from './bech32.js';
import { type AgeIdentity, ageIdentityOf } from './key-service.js';
import { loadAge } from './load-age.js';
import type { KeyService } from './recipient.js';
import { fewStanzas, oneByOne } from './stanzas.js';

/** A passphrase, or a function that asks for it when it is needed. */
export type Passphrase = string | (() => string | Promise<string>);

const PREFIXES = ['age-secret-key-', 'age-secret-key-pq-'];
const IDENTITY_BYTES = 32;
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';
/** Blank lines before it are allowed. */
const ARMOR_WITHIN = 1000;

/** Private keys, or key services, that open archives which were encrypted to one of their recipients. */
export class Identities {
  /** @param texts a function, since `console.log` would show the texts themselves */
  private constructor(
    private readonly texts: () => Promise<readonly string[]>,
    private readonly services: () => readonly AgeIdentity[] = () => [],
  ) {}

  /**
   * @param timeout of each call to one of them, in milliseconds
   * @internal
   */
  static of(services: readonly KeyService[], timeout: number): Identities {
    return new Identities(
      async () => [],
      () => services.map((one) => ageIdentityOf(one, timeout)),
    );
  }

  /**
   * @param content of an identity file, as age-keygen writes it: one identity a line, with comments; or such a file
   *   that was encrypted with a passphrase (`age -p`)
   * @param passphrase needed for the latter only; a function is called when the first archive is opened
   * @throws BackupError `INVALID_IDENTITY`, without any of the content
   * @internal
   */
  static parse(content: string | Uint8Array, passphrase?: Passphrase): Identities {
    const file = Buffer.from(content as Uint8Array);
    if (isProtected(file)) {
      if (passphrase === undefined) throw invalidIdentity('it is protected by a passphrase, and none was given');
      let unlocked: Promise<readonly string[]> | undefined;
      return new Identities(() => (unlocked ??= unlock(file, passphrase)));
    }
    const texts = parseLines(file.toString());
    return new Identities(async () => texts);
  }

  /**
   * The file key in a header, to be zeroised.
   * @throws BackupError `DECRYPTION_FAILED`: none of them fits, or the header is damaged or too long; `INVALID_IDENTITY`: wrong
   *   passphrase; `KEY_SERVICE_FAILED`, `MISSING_PACKAGE`; what the function for the passphrase throws
   * @internal
   */
  async unwrap(header: Uint8Array): Promise<Buffer> {
    const { Decrypter } = await loadAge();
    const decrypter = new Decrypter();
    decrypter.addIdentity(fewStanzas);
    for (const text of await this.texts()) decrypter.addIdentity(oneByOne(text, Decrypter));
    const services = this.services();
    for (const service of services) decrypter.addIdentity(service);
    try {
      const key = await decrypter.decryptHeader(header);
      const copy = Buffer.from(key);
      key.fill(0);
      return copy;
    } catch (error) {
      if (error instanceof BackupError) throw error;
      if (!/no identity matched/.test((error as Error).message)) throw decryptionFailed('its header is damaged');
      const what = services.length > 0 ? 'the configured key service is' : 'the identity belongs to';
      throw keyDoesNotFit(
        `${what} none of its recipients, or its header is damaged`,
        'Give the identity of one of the recipients that it was encrypted to.',
      );
    }
  }
}

function isProtected(file: Buffer): boolean {
  return isBinary(file) || file.toString('latin1', 0, ARMOR_WITHIN).trimStart().startsWith(ARMOR);
}

function isBinary(file: Buffer): boolean {
  return file.length > VERSION_LINE.length && beginsLikeAge(file);
}

function parseLines(file: string): string[] {
  const texts: string[] = [];
  for (const [index, line] of file.split(/\r?\n/).entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const problem = identityProblem(text);
    if (problem !== undefined) throw invalidIdentity(`line ${index + 1}: ${problem}`);
    texts.push(text);
  }
  if (texts.length === 0) throw invalidIdentity('it holds no identity');
  return texts;
}

function identityProblem(text: string): string | undefined {
  if (text.startsWith('age1')) return 'this is a recipient, which can only encrypt, and not an identity';
  if (text.startsWith('AGE-PLUGIN-')) return 'identities of plugins are not supported; decrypt it with age itself';
  if (!text.startsWith('AGE-SECRET-KEY-')) return 'this is not an age identity, which begins with AGE-SECRET-KEY-';
  const { prefix, bytes } = decodeBech32(text) ?? {};
  if (!prefix) return 'this identity is misspelled or cut off, since its checksum does not fit';
  const isKnown = PREFIXES.includes(prefix) && bytes?.length === IDENTITY_BYTES;
  return isKnown ? undefined : 'this kind of identity is not supported';
}

async function unlock(file: Buffer, passphrase: Passphrase): Promise<readonly string[]> {
  const { Decrypter, armor } = await loadAge();
  const given = typeof passphrase === 'function' ? await passphrase() : passphrase;
  let text: string;
  try {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(given);
    text = await decrypter.decrypt(isBinary(file) ? file : armor.decode(file.toString()), 'text');
  } catch {
    throw invalidIdentity('the passphrase is wrong, or the file is damaged');
  }
  return parseLines(text);
}

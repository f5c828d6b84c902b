import { invalidRecipient } from '../../errors/key-errors.js';
import { decodeBech32 } from './bech32.js';
import { loadAge } from './load-age.js';

/** Most recipients of one archive. */
export const MOST_RECIPIENTS = 20;

/** The kinds that are supported: prefix -> length in bytes. */
const KINDS: Readonly<Record<string, number>> = { age: 32, age1pq: 1216 };

const FILE_KEY_BYTES = 16;
/** What an empty payload has behind the header: its nonce, and the tag of its only chunk. */
const EMPTY_PAYLOAD_BYTES = 32;

/** The key of one file, and the header in which it is wrapped for each recipient. */
export interface WrappedFileKey {
  readonly header: Buffer;
  /** To be zeroised. */
  readonly fileKey: Buffer;
}

const NO_IDENTITY =
  'it is an identity, which must stay secret; give the recipient that belongs to it ("age-keygen -y FILE" prints it)';

/** Why a text is not a recipient that archives can be encrypted to, without the text; undefined when it is one. */
export function recipientProblem(text: unknown): string | undefined {
  if (typeof text !== 'string') return 'it is not a string';
  if (/AGE-(SECRET-KEY|PLUGIN)-/i.test(text)) return NO_IDENTITY;
  if (text === '') return 'it is empty';
  if (text.startsWith('ssh-')) return 'SSH keys are not supported; make an age key pair';
  if (!/^age1[a-z0-9]+$/.test(text)) return 'it is not an age recipient, which begins with age1';
  const { prefix, bytes } = decodeBech32(text) ?? {};
  if (!prefix) return 'it is misspelled or cut off, since its checksum does not fit';
  if (KINDS[prefix] === undefined) return 'its kind is not supported; those of age-keygen are: age1… and age1pq1…';
  return bytes?.length === KINDS[prefix] ? undefined : 'it has the wrong length';
}

/** Public keys that archives are encrypted to; whoever has the identity of one of them can open these. */
export class Recipients {
  private constructor(private readonly texts: readonly string[]) {}

  /**
   * @param texts 1 to 20 age recipients, of X25519 (`age1…`) or the hybrid post-quantum kind (`age1pq1…`)
   * @throws BackupError `INVALID_RECIPIENT`, saying which one; `MISSING_PACKAGE` without age-encryption
   */
  static async parse(texts: readonly string[]): Promise<Recipients> {
    if (!Array.isArray(texts) || texts.length === 0 || texts.length > MOST_RECIPIENTS) {
      throw invalidRecipient(`the list must hold 1 to ${MOST_RECIPIENTS} recipients`);
    }
    for (const [index, text] of texts.entries()) {
      const problem = recipientProblem(text);
      if (problem !== undefined) throw invalidRecipient(problem, index, texts.length);
    }
    const recipients = new Recipients([...new Set(texts)]);
    await recipients.tryOut(texts);
    return recipients;
  }

  /** @returns a fresh file key, for one file */
  async wrap(): Promise<WrappedFileKey> {
    return wrapFor(this.texts);
  }

  /** Some texts are well-formed and no public key. */
  private async tryOut(texts: readonly string[]): Promise<void> {
    for (const one of this.texts) {
      try {
        (await wrapFor([one])).fileKey.fill(0);
      } catch (cause) {
        if ((cause as { code?: unknown }).code === 'MISSING_PACKAGE') throw cause;
        throw invalidRecipient(
          'it is not a public key, and nobody could open the archive',
          texts.indexOf(one),
          texts.length,
        );
      }
    }
  }
}

/** The library makes an empty file, of which only the header is used, and is asked for the key on the way. */
async function wrapFor(texts: readonly string[]): Promise<WrappedFileKey> {
  const { Encrypter } = await loadAge();
  const encrypter = new Encrypter();
  for (const text of texts) encrypter.addRecipient(text);
  const fileKey = Buffer.alloc(FILE_KEY_BYTES);
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey.set(key);
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  return { header: Buffer.from(empty.subarray(0, -EMPTY_PAYLOAD_BYTES)), fileKey };
}

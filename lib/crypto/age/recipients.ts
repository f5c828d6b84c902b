import { createHash } from 'node:crypto';
import { archiveFailed } from '../../errors/archive-errors.js';
import { invalidRecipient } from '../../errors/key-errors.js';
import { DEFAULT_REMOTE_TIMEOUT_MS } from '../../support/deadline.js';
import { hasMacOf, MAX_HEADER_BYTES } from './age-format.js';
import { decodeBech32 } from './bech32.js';
import { ageRecipientOf, keyServiceProblem } from './key-service.js';
import { loadAge } from './load-age.js';
import type { Recipient } from './recipient.js';

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
  /** Key ids of the recipients, as `recipientId` makes them. */
  readonly keyIds: readonly string[];
}

const NO_IDENTITY =
  'it is an identity, which must stay secret; give the recipient that belongs to it ("age-keygen -y FILE" prints it)';

/** The same for a text or a key service. */
export function anyRecipientProblem(given: unknown): string | undefined {
  return typeof given === 'object' ? keyServiceProblem(given) : recipientProblem(given);
}

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

/**
 * A short name for a recipient, which a header does not contain: 16 hexadecimal digits, the beginning of the SHA-256 of its
 * text.
 */
export function recipientId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/**
 * Public keys and key services that archives are encrypted to; whoever has the identity of one of the former, or may use
 * one of the latter, can open these.
 */
export class Recipients {
  private constructor(
    private readonly all: readonly Recipient[],
    private readonly timeout: number,
  ) {}

  /**
   * @param given 1 to 20 age recipients, of X25519 (`age1…`) or the hybrid post-quantum kind (`age1pq1…`), or key services
   * @param timeout of a call to a key service, in milliseconds
   * @throws BackupError `INVALID_RECIPIENT`, saying which one; `MISSING_PACKAGE` without age-encryption
   */
  static async parse(given: readonly Recipient[], timeout = DEFAULT_REMOTE_TIMEOUT_MS): Promise<Recipients> {
    if (!Array.isArray(given) || given.length === 0 || given.length > MOST_RECIPIENTS) {
      throw invalidRecipient(`the list must hold 1 to ${MOST_RECIPIENTS} recipients`);
    }
    for (const [index, one] of given.entries()) {
      const problem = anyRecipientProblem(one);
      if (problem !== undefined) throw invalidRecipient(problem, index, given.length);
    }
    const recipients = new Recipients([...new Set(given as readonly Recipient[])], timeout);
    await recipients.tryOut(given);
    return recipients;
  }

  /** Key ids, as `recipientId` makes them. */
  get keyIds(): readonly string[] {
    return this.all.map((one) => recipientId(typeof one === 'string' ? one : one.id));
  }

  /** @returns a fresh file key, for one file */
  async wrap(): Promise<WrappedFileKey> {
    return { ...(await wrapFor(this.all, this.timeout)), keyIds: this.keyIds };
  }

  /**
   * The header of a file that exists already.
   * @param fileKey of that file; it is not changed
   * @throws BackupError `ARCHIVE_FAILED` when this version of age-encryption cannot do that
   */
  async wrapAgain(fileKey: Uint8Array): Promise<Buffer> {
    const { header, fileKey: wrapped } = await wrapFor(this.all, this.timeout, fileKey);
    const isSame = wrapped.equals(fileKey) && hasMacOf(header, wrapped);
    wrapped.fill(0);
    if (isSame) return header;
    const remedy = 'Install a version of age-encryption in the range of this package’s peers.';
    throw archiveFailed('age-encryption has made a header that does not belong to its file', undefined, remedy);
  }

  /** Some texts are well-formed and no public key. A key service is not asked before there is a backup. */
  private async tryOut(given: readonly Recipient[]): Promise<void> {
    for (const one of this.all.filter((recipient) => typeof recipient === 'string')) {
      try {
        (await wrapFor([one], this.timeout)).fileKey.fill(0);
      } catch (cause) {
        if ((cause as { code?: unknown }).code === 'MISSING_PACKAGE') throw cause;
        throw invalidRecipient(
          'it is not a public key, and nobody could open the archive',
          given.indexOf(one),
          given.length,
        );
      }
    }
  }
}

/** A reader would not look for its end. */
function headerTooLong(bytes: number): Error {
  const problem = `its header would have ${bytes} bytes, and at most ${MAX_HEADER_BYTES} are read`;
  const remedy = 'Use fewer key services, or some that wrap the key into fewer bytes.';
  return archiveFailed(problem, undefined, remedy);
}

/**
 * The library makes an empty file, of which only the header is used. It hands its file key to one recipient after the other,
 * so the first can put another in its place, and the last takes a copy.
 */
async function wrapFor(
  recipients: readonly Recipient[],
  timeout: number,
  given?: Uint8Array,
): Promise<Pick<WrappedFileKey, 'header' | 'fileKey'>> {
  const { Encrypter, Stanza } = await loadAge();
  const encrypter = new Encrypter();
  const seen: Uint8Array[] = [];
  const handled = (take: (key: Uint8Array) => void) => ({
    wrapFileKey: (key: Uint8Array) => {
      take(key);
      return [];
    },
  });
  if (given) encrypter.addRecipient(handled((key) => key.set(given)));
  for (const one of recipients) {
    encrypter.addRecipient(typeof one === 'string' ? one : ageRecipientOf(one, Stanza, timeout));
  }
  encrypter.addRecipient(handled((key) => seen.push(key)));
  const empty = await encrypter.encrypt(new Uint8Array());
  const fileKey = Buffer.alloc(FILE_KEY_BYTES);
  for (const key of seen) {
    fileKey.set(key);
    key.fill(0);
  }
  const header = Buffer.from(empty.subarray(0, -EMPTY_PAYLOAD_BYTES));
  if (header.length <= MAX_HEADER_BYTES) return { header, fileKey };
  fileKey.fill(0);
  throw headerTooLong(header.length);
}

import type { SigningKey } from '../crypto/signature/signing-key.js';
import { readSshsig } from '../crypto/signature/sshsig.js';
import type { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import { canonicalJson } from './canonical-json.js';
import type { Origin, Seal } from './seal.js';

/** What the signature of an object in a destination is for, so that none of an archive passes for one. */
const NAMESPACE = 'nestjs-backup-stored';

interface SignatureFields {
  /** Name of the object, so that an old one cannot be replayed under another name. */
  readonly object: string;
  /** SSHSIG over all other fields but those of the seal, as JSON without spaces and with sorted keys. */
  readonly signature: string;
}

/** An option that a mark is made with. */
export type MarkOption = 'retentionKey' | 'signingKey';

/**
 * What shows who has put JSON into a destination: a seal, which whoever has the secret can make, and a signature, which only
 * the private key makes and everybody can check.
 */
export class Marks {
  /**
   * @param seal null without a secret
   * @param signingKey null when nothing is signed
   * @param trusted null when a signature is not needed
   */
  constructor(
    readonly seal: Seal | null,
    private readonly signingKey: SigningKey | null = null,
    private readonly trusted: TrustedSigners | null = null,
  ) {}

  /** Nothing shows it. */
  static readonly NONE = new Marks(null);

  /** Whether they show who has put something there. */
  get show(): boolean {
    return this.seal !== null || this.trusted !== null;
  }

  /**
   * The same content with whatever marks there are, as that of an object.
   * @throws BackupError `SIGNING_FAILED`
   */
  async add(content: object, object: string): Promise<object> {
    const signed = this.signingKey ? await addSignature(this.signingKey, content, object) : content;
    return this.seal ? this.seal.add(signed, object) : signed;
  }

  /**
   * What an object is marked with and these cannot make: what takes its place, or is put beside it, counts for less.
   * @param content the object's parsed JSON, with all of its fields
   */
  lackFor(content: unknown, object: string): MarkOption[] {
    const { seal, signature } = (content ?? {}) as Partial<SignatureFields & { seal: unknown }>;
    const isSealed = seal === undefined || this.seal?.originOf(content, object) === 'own';
    const isSigned = (signature === undefined && !this.trusted) || this.signingKey !== null;
    return [...(isSealed ? [] : ['retentionKey' as const]), ...(isSigned ? [] : ['signingKey' as const])];
  }

  /** @param content the object's parsed JSON, with all of its fields; undefined if there is none */
  originOf(content: unknown, object: string): Origin {
    if (this.trusted && !isSignedBy(this.trusted, content, object)) return 'unsigned';
    return this.seal ? this.seal.originOf(content, object) : 'unknown';
  }
}

async function addSignature(key: SigningKey, content: object, object: string): Promise<SignatureFields> {
  const whole = { ...content, object };
  return { ...whole, signature: await key.sign(messageOf(whole), NAMESPACE) };
}

function isSignedBy(trusted: TrustedSigners, content: unknown, object: string): boolean {
  const { signature, database: _, seal: __, ...whole } = (content ?? {}) as Record<string, unknown>;
  if (typeof signature !== 'string' || whole.object !== object) return false;
  const key = readSshsig(signature, messageOf(whole), NAMESPACE);
  return typeof key !== 'string' && trusted.has(key);
}

function messageOf(whole: object): Buffer {
  return Buffer.from(canonicalJson(whole));
}

import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a download link stands for. */
export interface Link {
  readonly destination: string;
  /** Name of the archive's object. */
  readonly archive: string;
  /** What the option `identifyUser` returned for whoever made it. */
  readonly user: string | null;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A link that this application has signed. It holds digests, because Fastify refuses parameters of more than 100 characters. */
export interface SignedLink {
  readonly expiresAt: number;
  /** Whether it was signed with this value. */
  is(what: keyof typeof DIGESTS, value: string | null): boolean;
}

/** Where each digest is behind the signature and the time of expiry, and its length, in bytes. */
const DIGESTS = {
  destination: { at: 22, length: 8 },
  archive: { at: 30, length: 16 },
  user: { at: 46, length: 8 },
} as const;
const SIGNATURE_BYTES = 16;
const TIME_BYTES = 6;
const TOKEN_BYTES = 54;

/** Signs download links, and recognises them: with the same backup key, in every process of the application. */
export class LinkTokens {
  private readonly key: Buffer;

  /** @param backupKeyDigest SHA-256 of the backup key */
  constructor(backupKeyDigest: Uint8Array) {
    this.key = Buffer.from(hkdfSync('sha256', backupKeyDigest, '', 'nestjs-backup download links', 32));
  }

  /** 72 letters, digits, `-` and `_`. */
  sign(link: Link): string {
    const token = Buffer.alloc(TOKEN_BYTES);
    token.writeUIntBE(link.expiresAt, SIGNATURE_BYTES, TIME_BYTES);
    for (const [what, { at, length }] of Object.entries(DIGESTS)) {
      digestOf(link[what as keyof typeof DIGESTS], length).copy(token, at);
    }
    this.signatureOf(token).copy(token);
    return token.toString('base64url');
  }

  /** @returns undefined for what this application has not signed; whether it has expired is for the caller to see */
  read(text: string): SignedLink | undefined {
    const token = Buffer.from(text, 'base64url');
    // One link has one text.
    if (token.length !== TOKEN_BYTES || token.toString('base64url') !== text) return undefined;
    if (!timingSafeEqual(token.subarray(0, SIGNATURE_BYTES), this.signatureOf(token))) return undefined;
    return {
      expiresAt: token.readUIntBE(SIGNATURE_BYTES, TIME_BYTES),
      is: (what, value) => {
        const { at, length } = DIGESTS[what];
        return digestOf(value, length).equals(token.subarray(at, at + length));
      },
    };
  }

  private signatureOf(token: Buffer): Buffer {
    const signature = createHmac('sha256', this.key).update(token.subarray(SIGNATURE_BYTES)).digest();
    return signature.subarray(0, SIGNATURE_BYTES);
  }
}

function digestOf(value: string | null, length: number): Buffer {
  return createHash('sha256').update(JSON.stringify(value)).digest().subarray(0, length);
}

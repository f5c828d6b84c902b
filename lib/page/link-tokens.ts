import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

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

const SIGNATURE_BYTES = 32;
/** No link of ours is longer. In characters. */
const LONGEST = 4_096;

/** Signs download links, and recognises them: with the same backup key, in every process of the application. */
export class LinkTokens {
  private readonly key: Buffer;

  /** @param backupKeyDigest SHA-256 of the backup key */
  constructor(backupKeyDigest: Uint8Array) {
    this.key = Buffer.from(hkdfSync('sha256', backupKeyDigest, '', 'nestjs-backup download links', SIGNATURE_BYTES));
  }

  /** Letters, digits, `-` and `_`. */
  sign(link: Link): string {
    const content = Buffer.from(JSON.stringify(link));
    return Buffer.concat([this.signature(content), content]).toString('base64url');
  }

  /** @returns undefined for what this application has not signed; whether it has expired is for the caller to see */
  read(token: string): Link | undefined {
    if (token.length > LONGEST) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // One link has one token.
    if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== token) return undefined;
    const content = bytes.subarray(SIGNATURE_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), this.signature(content))) return undefined;
    return JSON.parse(content.toString()) as Link;
  }

  private signature(content: Buffer): Buffer {
    return createHmac('sha256', this.key).update(content).digest();
  }
}

import { invalidSigner } from '../../errors/signature-errors.js';
import { type PublicKey, readPublicKey, readPublicKeys } from './public-key.js';

/** Public keys whose signatures are trusted. */
export class TrustedSigners {
  constructor(private readonly keys: readonly PublicKey[]) {}

  /**
   * @param lines public keys as OpenSSH writes them, one each
   * @throws BackupError `INVALID_SIGNER`, saying which one
   */
  static parse(lines: readonly string[]): TrustedSigners {
    if (!Array.isArray(lines) || lines.length === 0) throw invalidSigner('the list is empty');
    return new TrustedSigners(
      lines.map((line, index) => {
        const key = readPublicKey(line);
        if (typeof key === 'string') throw invalidSigner(key, index, lines.length);
        return key;
      }),
    );
  }

  /** Of a file, one key a line. @throws BackupError `INVALID_SIGNER`, naming the line */
  static parseFile(text: string): TrustedSigners {
    const keys = readPublicKeys(text);
    if (typeof keys === 'string') throw invalidSigner(keys);
    return new TrustedSigners(keys);
  }

  /** As `parse` reads them. */
  get lines(): string[] {
    return this.keys.map(String);
  }

  has(key: PublicKey): boolean {
    return this.keys.some((one) => one.equals(key));
  }
}

import type { Transform } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ByteSource } from '../support/byte-source.js';
import { parseAesKey } from './aes-key.js';
import { Identities, type Passphrase } from './age/identities.js';
import { openDecrypted } from './decrypted-source.js';
import { SegmentDecryptor, SegmentEncryptor } from './segment-cipher.js';

/** Keys, and the ciphers of encrypted archives: Tink's AES256-GCM-HKDF-1MB streaming format, and age for recipients. */
@Injectable()
export class CryptoService {
  /**
   * Reads a key as accepted over HTTP and on the command line: 64 hexadecimal digits, or base64 of exactly 32 bytes.
   * @throws BackupError `INVALID_AES_KEY`
   */
  parseAesKey(key: string | Uint8Array): Buffer {
    return parseAesKey(key);
  }

  /**
   * Reads an identity file, which opens archives that were encrypted to recipients.
   * @param content as age-keygen writes it, or encrypted with a passphrase (`age -p`)
   * @param passphrase of such a file; a function is called when the first archive is opened
   * @throws BackupError `INVALID_IDENTITY`
   */
  parseIdentities(content: string | Uint8Array, passphrase?: Passphrase): Identities {
    return Identities.parse(content, passphrase);
  }

  /** A stream that encrypts what is written to it. */
  createEncryptor(key: Uint8Array): Transform {
    return new SegmentEncryptor(key);
  }

  /**
   * A stream that decrypts what is written to it. It emits authenticated bytes only, but the whole is valid only if it
   * ends without an error (`DECRYPTION_FAILED`: wrong key, damaged, truncated).
   */
  createDecryptor(key: Uint8Array): Transform {
    return new SegmentDecryptor(key);
  }

  /**
   * Random access to the plaintext of an encrypted archive; each byte is authenticated before it is returned. Closing
   * it closes `source`.
   * @throws BackupError `DECRYPTION_FAILED`: wrong key, unencrypted ZIP, truncated; and by `read`: damaged
   */
  openDecrypted(source: ByteSource, key: Uint8Array): Promise<ByteSource> {
    return openDecrypted(source, key);
  }
}

import { Injectable } from '@nestjs/common';
import type { Transform } from 'node:stream';
import type { ByteSource } from '../support/byte-source.js';
import { parseAesKey } from './aes-key.js';
import { openDecrypted } from './decrypted-source.js';
import { SegmentDecryptor, SegmentEncryptor } from './segment-cipher.js';

/** Keys and the cipher of encrypted archives (Tink's AES256-GCM-HKDF-1MB streaming format). */
@Injectable()
export class CryptoService {
  /**
   * Reads a key as HTTP and the command line take it: 64 hexadecimal digits, or base64 of exactly 32 bytes.
   * @throws BackupError `INVALID_AES_KEY`
   */
  parseAesKey(key: string | Uint8Array): Buffer {
    return parseAesKey(key);
  }

  /** A stream that encrypts what is written to it. */
  createEncryptor(key: Uint8Array): Transform {
    return new SegmentEncryptor(key);
  }

  /**
   * A stream that decrypts what is written to it. It emits authenticated bytes only, but the whole counts only when it
   * ends without an error (`DECRYPTION_FAILED`: wrong key, damaged, cut off).
   */
  createDecryptor(key: Uint8Array): Transform {
    return new SegmentDecryptor(key);
  }

  /**
   * What is encrypted in an archive, readable at any place; each byte is authenticated before it is given out. Closing
   * it closes `source`.
   * @throws BackupError `DECRYPTION_FAILED`: wrong key, plain ZIP, cut off; and by `read`: damaged
   */
  openDecrypted(source: ByteSource, key: Uint8Array): Promise<ByteSource> {
    return openDecrypted(source, key);
  }
}

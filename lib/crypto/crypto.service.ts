import { Injectable } from '@nestjs/common';
import type { Transform } from 'node:stream';
import { parseAesKey } from './aes-key.js';
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
}

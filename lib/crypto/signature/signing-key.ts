import { type KeyObject, sign } from 'node:crypto';
import { signingFailed } from '../../errors/signature-errors.js';
import { PublicKey } from './public-key.js';
import { signedData, writeSshsig } from './sshsig.js';

/** Signs with a key that this process may not have, such as one of a KMS. */
type Sign = (data: Buffer) => Promise<Uint8Array>;

/** A private key that signs archives, or access to one. */
export class SigningKey {
  /** @param make 64 bytes of Ed25519 over the data; a function, since `console.log` would show a key */
  constructor(
    readonly publicKey: PublicKey,
    private readonly make: Sign,
  ) {}

  static of(key: KeyObject): SigningKey {
    return new SigningKey(PublicKey.of(key), async (data) => sign(null, data, key));
  }

  /**
   * @param namespace what the signature is for
   * @returns a signature as `ssh-keygen -Y sign` writes it
   * @throws BackupError `SIGNING_FAILED`, also when what was made is not a signature of this key
   */
  async sign(message: Uint8Array, namespace: string): Promise<string> {
    const data = signedData(message, namespace);
    let signature: Uint8Array;
    try {
      signature = await this.make(data);
    } catch (cause) {
      throw signingFailed('the function sign of the option signingKey failed', cause);
    }
    // A writer produces nothing that its own reader would refuse.
    if (!(signature instanceof Uint8Array) || !this.publicKey.verify(data, signature)) {
      throw signingFailed('what the option signingKey gave is no Ed25519 signature that fits its publicKey');
    }
    return writeSshsig(this.publicKey, namespace, signature);
  }
}

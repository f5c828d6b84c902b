/**
 * Signatures as `ssh-keygen -Y sign` writes and `ssh-keygen -Y verify` reads them (PROTOCOL.sshsig of OpenSSH): what is
 * signed is not the message but its SHA-512 and the namespace, which says what the signature is for.
 */
import { createHash } from 'node:crypto';
import { KEY_TYPE, PublicKey } from './public-key.js';
import { SshReader, sshString } from './ssh-wire.js';

const MAGIC = 'SSHSIG';
const VERSION = 1;
const HASH = 'sha512';
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
const ARMORED = new RegExp(`^${BEGIN}\\r?\\n([A-Za-z0-9+/=\\r\\n]+?)\\r?\\n${END}\\r?\\n?$`);
const LINE_CHARACTERS = 70;
const SIGNATURE_BYTES = 64;
/** Larger than any with an Ed25519 key and a namespace of ours. */
export const MOST_SIGNATURE_BYTES = 4096;

/** What the key signs. */
export function signedData(message: Uint8Array, namespace: string): Buffer {
  const digest = createHash(HASH).update(message).digest();
  const fields = [sshString(namespace), sshString(''), sshString(HASH), sshString(digest)];
  return Buffer.concat([Buffer.from(MAGIC), ...fields]);
}

/** @param signature 64 bytes of Ed25519, over `signedData` */
export function writeSshsig(key: PublicKey, namespace: string, signature: Uint8Array): string {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(VERSION);
  const both = Buffer.concat([sshString(KEY_TYPE), sshString(signature)]);
  const fields = [sshString(key.blob), sshString(namespace), sshString(''), sshString(HASH), sshString(both)];
  const encoded = Buffer.concat([Buffer.from(MAGIC), version, ...fields]).toString('base64');
  const lines = encoded.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g'))!;
  return `${[BEGIN, ...lines, END].join('\n')}\n`;
}

/**
 * Whose signature of a message a text is.
 * @returns the key that made it, or why it is not one, for people
 */
export function readSshsig(text: string, message: Uint8Array, namespace: string): PublicKey | string {
  const encoded = ARMORED.exec(text)?.[1]?.replaceAll(/[\r\n]/g, '') ?? '';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== encoded) return 'it is not a signature of OpenSSH';
  try {
    const reader = new SshReader(bytes);
    if (reader.fixed(MAGIC.length).toString('latin1') !== MAGIC) return 'it is not a signature of OpenSSH';
    const version = reader.number();
    if (version !== VERSION) return `it has the unknown version ${version}`;
    const key = PublicKey.parse(reader.string());
    if (!key) return 'it was made with a key that is not an Ed25519 key';
    if (reader.string().toString() !== namespace) return 'it was made for another purpose (its namespace)';
    if (reader.string().length > 0) return 'it has a part that is not known';
    if (reader.text() !== HASH) return `it uses another digest than ${HASH}`;
    const signature = readSignature(reader.string());
    if (!signature || reader.rest.length > 0) return 'it is damaged';
    return key.verify(signedData(message, namespace), signature) ? key : 'what it signs is not what is there';
  } catch {
    return 'it is cut off';
  }
}

function readSignature(both: Buffer): Buffer | undefined {
  const reader = new SshReader(both);
  if (reader.text() !== KEY_TYPE) return undefined;
  const signature = reader.string();
  return signature.length === SIGNATURE_BYTES && reader.rest.length === 0 ? signature : undefined;
}

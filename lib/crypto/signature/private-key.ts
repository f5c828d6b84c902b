import { createPrivateKey, type KeyObject } from 'node:crypto';
import { KEY_TYPE } from './public-key.js';
import { SshReader } from './ssh-wire.js';

const OPENSSH = /^-----BEGIN OPENSSH PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)\n-----END OPENSSH PRIVATE KEY-----$/;
const MAGIC = 'openssh-key-v1\0';
const SEED_BYTES = 32;

const PROTECTED =
  'it is protected by a passphrase, which nobody could type when a backup is made; remove it from a copy ("ssh-keygen -p -N \'\' -f COPY"), or give an object { publicKey, sign }';
const DAMAGED = 'it is damaged or cut off';
const NO_KEY = 'it is not a private key of OpenSSH or PEM; give what is in the file, not its name';

/**
 * Reads an Ed25519 private key: of OpenSSH (`ssh-keygen -t ed25519`) or PKCS#8 in PEM (`openssl genpkey -algorithm ed25519`),
 * with line feeds also written as `\n`, as in many environment variables.
 * @returns the key, or why the text is none, without any of it
 */
export function readPrivateKey(text: string): KeyObject | string {
  const pem = text.replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  if (pem === '') return 'it is empty';
  if (pem.startsWith('ssh-')) return 'it is a public key, which cannot sign; give the private key that belongs to it';
  if (!pem.startsWith('-----BEGIN ')) return NO_KEY;
  if (pem.includes('ENCRYPTED')) return PROTECTED;
  if (pem.startsWith('-----BEGIN OPENSSH')) return readOpenSsh(OPENSSH.exec(pem)?.[1] ?? '');
  try {
    return ofKind(createPrivateKey(pem));
  } catch {
    return pem.includes('PRIVATE KEY-----') ? DAMAGED : NO_KEY;
  }
}

function ofKind(key: KeyObject): KeyObject | string {
  return key.asymmetricKeyType === 'ed25519' ? key : wrongKind(String(key.asymmetricKeyType));
}

function wrongKind(kind: string): string {
  return `its kind is ${kind}, and only Ed25519 is supported; make one with "ssh-keygen -t ed25519"`;
}

/** The format that PROTOCOL.key of OpenSSH describes: the names of cipher and key derivation, public keys, private keys. */
function readOpenSsh(encoded: string): KeyObject | string {
  const bytes = Buffer.from(encoded, 'base64');
  try {
    const reader = new SshReader(bytes);
    if (reader.fixed(MAGIC.length).toString('latin1') !== MAGIC) return DAMAGED;
    if (reader.text() !== 'none') return PROTECTED;
    reader.string();
    reader.string();
    if (reader.number() !== 1) return 'it holds several keys; give a file of one';
    reader.string();
    const secret = new SshReader(reader.string());
    if (secret.number() !== secret.number()) return DAMAGED;
    const kind = secret.text();
    if (kind !== KEY_TYPE) return wrongKind(kind);
    const point = secret.string();
    // The seed, and the public key again.
    const pair = secret.string();
    if (pair.length !== 2 * SEED_BYTES || !pair.subarray(SEED_BYTES).equals(point)) return DAMAGED;
    const d = pair.toString('base64url', 0, SEED_BYTES);
    return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x: point.toString('base64url') }, format: 'jwk' });
  } catch {
    return DAMAGED;
  } finally {
    bytes.fill(0);
  }
}

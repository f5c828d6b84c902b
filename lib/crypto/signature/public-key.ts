import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { SshReader, sshString } from './ssh-wire.js';

export const KEY_TYPE = 'ssh-ed25519';
const KEY_BYTES = 32;
/** What `ssh-keygen -Y` calls the purpose of a signature: that of archives, and that of what is stored beside them. */
export const ARCHIVE_NAMESPACE = 'nestjs-backup';

const TYPES = /^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+@openssh\.com)$/;
const NAMESPACES = /^namespaces="([^"]*)"$/i;
/** Words in front of a key that change what it stands for. */
const OPTION = /[="]|^(?:cert-authority|restrict)$/i;

const PRIVATE =
  'it is a private key, which must stay secret; give the public key that belongs to it ("ssh-keygen -y -f FILE" prints it)';

/** An Ed25519 public key. */
export class PublicKey {
  /** As `ssh-keygen -l` shows it: `SHA256:` and base64. */
  readonly fingerprint: string;
  /** As SSH writes it. */
  readonly blob: Buffer;

  /** @param point 32 bytes */
  constructor(private readonly point: Buffer) {
    this.blob = Buffer.concat([sshString(KEY_TYPE), sshString(point)]);
    const digest = createHash('sha256').update(this.blob).digest('base64');
    this.fingerprint = `SHA256:${digest.replace(/=+$/, '')}`;
  }

  static of(key: KeyObject): PublicKey {
    const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
    return new PublicKey(Buffer.from(x!, 'base64url'));
  }

  /** As SSH writes it. @returns undefined for anything else */
  static parse(blob: Buffer): PublicKey | undefined {
    try {
      const reader = new SshReader(blob);
      if (reader.text() !== KEY_TYPE) return undefined;
      const point = reader.string();
      return point.length === KEY_BYTES && reader.rest.length === 0 ? new PublicKey(Buffer.from(point)) : undefined;
    } catch {
      return undefined;
    }
  }

  equals(other: PublicKey): boolean {
    return this.point.equals(other.point);
  }

  verify(data: Uint8Array, signature: Uint8Array): boolean {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: this.point.toString('base64url') };
    return verify(null, data, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  }

  /** A line of OpenSSH, without a comment. */
  toString(): string {
    return `${KEY_TYPE} ${this.blob.toString('base64')}`;
  }
}

/**
 * Reads a public key as OpenSSH writes it: a line of a `.pub` file, of `authorized_keys` or of `allowed_signers`. Principals
 * and comments are passed over; options would not be honoured, except `namespaces`, and are refused.
 * @returns the key, or why the text is none, without the text
 */
export function readPublicKey(text: unknown): PublicKey | string {
  if (typeof text !== 'string') return 'it is not a string';
  const line = text.trim();
  if (line === '') return 'it is empty';
  if (/PRIVATE KEY-----/.test(line)) return PRIVATE;
  if (/[\r\n]/.test(line)) return 'it has several lines';
  const words = line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  const at = words.findIndex((word) => TYPES.test(word));
  if (line.startsWith('#') || at < 0) return 'it is not a public key of OpenSSH, which begins with ssh-ed25519';
  const problem = problemBefore(words.slice(0, at));
  if (problem !== undefined) return problem;
  if (words[at] !== KEY_TYPE) {
    return `its kind is ${words[at]}, and only Ed25519 is supported; make one with "ssh-keygen -t ed25519"`;
  }
  const encoded = words[at + 1] ?? '';
  const blob = Buffer.from(encoded, 'base64');
  const key = blob.toString('base64') === encoded ? PublicKey.parse(blob) : undefined;
  return key ?? 'it is misspelled or cut off';
}

/** Of what precedes the key: principals, and options. */
function problemBefore(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    const namespaces = NAMESPACES.exec(word)?.[1]?.split(',');
    if (namespaces?.includes(ARCHIVE_NAMESPACE)) continue;
    if (namespaces) return `its option namespaces does not name ${ARCHIVE_NAMESPACE}`;
    if (index > 0 || OPTION.test(word)) return 'it has options, which would not be honoured; give the key without them';
  }
  return undefined;
}

/**
 * Reads a file of public keys, one a line; empty lines and those that begin with # are passed over.
 * @returns the keys, or what is wrong, naming the line
 */
export function readPublicKeys(text: string): PublicKey[] | string {
  const keys: PublicKey[] = [];
  // A private key has several lines, of which none is one.
  if (/PRIVATE KEY-----/.test(text)) return PRIVATE;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const key = readPublicKey(line);
    if (typeof key === 'string') return `line ${index + 1}: ${key}`;
    keys.push(key);
  }
  return keys.length > 0 ? keys : 'it holds no public key';
}

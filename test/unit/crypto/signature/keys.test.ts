import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { readPrivateKey } from '../../../../lib/crypto/signature/private-key.js';
import { PublicKey, readPublicKey, readPublicKeys } from '../../../../lib/crypto/signature/public-key.js';
import { SigningKey } from '../../../../lib/crypto/signature/signing-key.js';
import { temporaryDirectory } from '../../../fixtures/files.js';
import { signingPair, sshKeygenProblem } from '../../../fixtures/signing.js';
import { describeUnless } from '../../../fixtures/unless.js';

const folder = temporaryDirectory();
const keygen = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { cwd: folder.path, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};
const made = (name: string, passphrase = '', type = 'ed25519', ...more: string[]) => {
  keygen('-q', '-t', type, '-N', passphrase, '-C', 'a comment', '-f', name, ...more);
  return { secret: readFileSync(folder.at(name), 'utf8'), line: readFileSync(folder.at(`${name}.pub`), 'utf8') };
};
const fingerprintOf = (text: string) => {
  const key = readPrivateKey(text);
  if (typeof key === 'string') throw new Error(key);
  return PublicKey.of(key).fingerprint;
};

describeUnless(sshKeygenProblem(), 'A key of ssh-keygen', () => {
  it('is read, private and public, with the fingerprint that ssh-keygen shows', () => {
    const { secret, line } = made('one');
    const shown = keygen('-l', '-f', 'one.pub').split(' ')[1];
    expect(fingerprintOf(secret)).toBe(shown);
    expect(readPublicKey(line)).toMatchObject({ fingerprint: shown });
    // As it stands in an environment variable, and as Windows ends lines.
    expect(fingerprintOf(secret.trim().replaceAll('\n', '\\n'))).toBe(shown);
    expect(fingerprintOf(secret.replaceAll('\n', '\r\n'))).toBe(shown);
  });

  it('signs what openssl signs with the same key', () => {
    const { secret } = made('two');
    const key = readPrivateKey(secret);
    const pem = typeof key === 'string' ? key : (key.export({ type: 'pkcs8', format: 'pem' }) as string);
    expect(fingerprintOf(pem)).toBe(fingerprintOf(secret));
  });

  it.each<[string, () => string, RegExp]>([
    ['has a passphrase', () => made('three', 'a passphrase').secret, /protected by a passphrase.*ssh-keygen -p/],
    ['is RSA', () => made('four', '', 'rsa', '-b', '2048').secret, /its kind is ssh-rsa, and only Ed25519/],
    ['is ECDSA', () => made('five', '', 'ecdsa').secret, /its kind is ecdsa-sha2-nistp256, and only Ed25519/],
    ['is public', () => made('six').line, /it is a public key, which cannot sign/],
    ['is cut off', () => made('seven').secret.replace(/.{40}\n-----END/, '\n-----END'), /damaged or cut off/],
  ])('is refused as a signing key when it %s, without any of it', (_what, make, problem) => {
    const text = make();
    const said = readPrivateKey(text);
    expect(said).toMatch(problem);
    for (const line of text.split('\n').filter((one) => one.length > 20)) expect(said).not.toContain(line);
  });

  it.each<[string, () => string, RegExp]>([
    ['is RSA', () => made('eight', '', 'rsa', '-b', '2048').line, /its kind is ssh-rsa, and only Ed25519/],
    ['is private', () => made('nine').secret, /it is a private key, which must stay secret/],
    ['is cut off', () => made('ten').line.slice(0, 60), /misspelled or cut off/],
  ])('is refused as a trusted signer when it %s', (_what, make, problem) => {
    expect(readPublicKey(make())).toMatch(problem);
  });
});

describe('A private key in PEM', () => {
  it('is read when it is PKCS#8 of Ed25519', () => {
    const { pem, fingerprint } = signingPair();
    expect(fingerprintOf(pem)).toBe(fingerprint);
    expect(fingerprintOf(pem.replaceAll('\n', '\\n'))).toBe(fingerprint);
  });

  it.each<[string, string, RegExp]>([
    ['empty', ' \n', /it is empty/],
    ['the name of a file', '/run/secrets/signing-key', /give what is in the file, not its name/],
    ['of another kind', pemOf(generateKeyPairSync('x25519').privateKey), /its kind is x25519, and only Ed25519/],
    ['a public key', signingPairPublicPem(), /it is not a private key/],
    ['protected', encryptedPem(), /protected by a passphrase/],
    ['damaged', signingPair().pem.replace(/\n.{20}/, '\n'), /damaged or cut off/],
  ])('is refused when it is %s', (_what, text, problem) => {
    expect(readPrivateKey(text)).toMatch(problem);
  });

  it('is not shown with what signs', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const { d } = privateKey.export({ format: 'jwk' });
    const shown = inspect(SigningKey.of(privateKey), { depth: 10, showHidden: true, maxArrayLength: null });
    expect(shown).toContain('SHA256:');
    for (const form of ['base64', 'base64url', 'hex'] as const) {
      expect(shown).not.toContain(Buffer.from(d!, 'base64url').toString(form));
    }
    expect(shown).not.toContain(pemOf(privateKey).split('\n')[1]);
  });
});

describe('A public key', () => {
  const { line, fingerprint } = signingPair();
  const [type, blob] = line.split(' ') as [string, string];

  it.each<[string, string]>([
    ['of a .pub file', line],
    ['without a comment', `${type} ${blob}`],
    ['of allowed_signers', `backup@example.com,*@example.org ${type} ${blob}`],
    ['of allowed_signers, for this purpose', `backup@example.com namespaces="git,nestjs-backup" ${type} ${blob} x y`],
    ['with spaces around it', `  ${type}   ${blob}  \n`],
  ])('is read from a line %s', (_what, text) => {
    expect(readPublicKey(text)).toMatchObject({ fingerprint });
  });

  it.each<[string, unknown, RegExp]>([
    ['no text', 7, /it is not a string/],
    ['empty', '  ', /it is empty/],
    ['a comment', `# ${line}`, /it is not a public key of OpenSSH/],
    ['two lines', `${line}\n${line}`, /it has several lines/],
    ['for another purpose', `a@example.com namespaces="git" ${line}`, /does not name nestjs-backup/],
    ['of an authority', `* cert-authority ${line}`, /it has options/],
    ['limited in time', `a@example.com valid-before="20270101" ${line}`, /it has options/],
    ['of a command', `command="date" ${line}`, /it has options/],
    [
      'of a longer point',
      `${type} ${Buffer.concat([Buffer.from(blob, 'base64'), Buffer.from([0])]).toString('base64')}`,
      /misspelled/,
    ],
    [
      'another kind inside',
      `ssh-ed25519 ${Buffer.from('\0\0\0\x07ssh-rsa\0\0\0\x01a').toString('base64')}`,
      /misspelled/,
    ],
  ])('is refused when it is %s, without its text', (_what, text, problem) => {
    const said = readPublicKey(text);
    expect(said).toMatch(problem);
    expect(said).not.toContain(blob);
  });

  it('is one of many in a file, with comments, and a wrong line is named', () => {
    const other = signingPair();
    const text = `# who makes backups\r\n\r\n${line}\r\nops@example.com ${other.line}\n`;
    expect(readPublicKeys(text)).toMatchObject([{ fingerprint }, { fingerprint: other.fingerprint }]);
    expect(readPublicKeys(`${line}\nnonsense`)).toMatch(/^line 2: it is not a public key/);
    expect(readPublicKeys('# nobody\n')).toBe('it holds no public key');
    expect(readPublicKeys(signingPair().pem)).toMatch(/it is a private key/);
  });
});

function pemOf(key: { export(options: { type: 'pkcs8'; format: 'pem' }): string | Buffer }): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

function signingPairPublicPem(): string {
  return String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
}

function encryptedPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const how = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  return String(privateKey.export(how));
}

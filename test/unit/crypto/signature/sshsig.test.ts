import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { PublicKey } from '../../../../lib/crypto/signature/public-key.js';
import { SigningKey } from '../../../../lib/crypto/signature/signing-key.js';
import { readSshsig } from '../../../../lib/crypto/signature/sshsig.js';
import { temporaryDirectory } from '../../../fixtures/files.js';
import { type SigningPair, signingPair, sshKeygenProblem } from '../../../fixtures/signing.js';
import { sampled } from '../../../fixtures/streams.js';
import { itUnless } from '../../../fixtures/unless.js';

const NAMESPACE = 'nestjs-backup';
const MESSAGE = Buffer.from('{"format":"nestjs-backup/1"}\n');

describe('A signature', () => {
  const folder = temporaryDirectory();
  let own: SigningPair;
  let text: string;
  beforeAll(async () => {
    own = signingPair();
    text = await own.key.sign(MESSAGE, NAMESPACE);
  });
  const keygen = (args: string[], input: string | Buffer) =>
    spawnSync('ssh-keygen', ['-Y', ...args], { cwd: folder.path, input, encoding: 'utf8' });

  it('is read again, and says whose it is', () => {
    expect(readSshsig(text, MESSAGE, NAMESPACE)).toMatchObject({ fingerprint: own.fingerprint });
    expect(readSshsig(text.replaceAll('\n', '\r\n'), MESSAGE, NAMESPACE)).toMatchObject({
      fingerprint: own.fingerprint,
    });
  });

  itUnless(sshKeygenProblem())('is accepted by ssh-keygen, and not of another message or for another purpose', () => {
    writeFileSync(folder.at('m.sig'), text);
    writeFileSync(folder.at('allowed'), `backup@example.com namespaces="${NAMESPACE}" ${own.line}\n`);
    const verify = (namespace: string, message: Buffer) =>
      keygen(['verify', '-f', 'allowed', '-I', 'backup@example.com', '-n', namespace, '-s', 'm.sig'], message);
    expect(verify(NAMESPACE, MESSAGE)).toMatchObject({ status: 0, stdout: expect.stringContaining(own.fingerprint) });
    expect(verify(NAMESPACE, Buffer.from('x')).status).not.toBe(0);
    expect(verify('file', MESSAGE).status).not.toBe(0);
  });

  itUnless(sshKeygenProblem())('of ssh-keygen is read', () => {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', 'key'], { cwd: folder.path });
    const { stdout } = keygen(['sign', '-f', 'key', '-n', NAMESPACE], MESSAGE);
    const fingerprint = spawnSync('ssh-keygen', ['-l', '-f', folder.at('key.pub')], { encoding: 'utf8' });
    expect(readSshsig(stdout, MESSAGE, NAMESPACE)).toMatchObject({ fingerprint: fingerprint.stdout.split(' ')[1] });
    const other = keygen(['sign', '-f', 'key', '-n', NAMESPACE, '-O', 'hashalg=sha256'], MESSAGE);
    expect(readSshsig(other.stdout, MESSAGE, NAMESPACE)).toBe('it uses another digest than sha512');
  });

  it.each<[string, (one: string) => string, string]>([
    ['empty', () => '', 'it is not a signature of OpenSSH'],
    ['something else', () => 'a signature', 'it is not a signature of OpenSSH'],
    ['cut off', (one) => one.replace(/.{4}\n-----END/, '\n-----END'), 'it is cut off'],
    ['of other characters', (one) => one.replace('AAAA', '*AAAA'), 'it is not a signature of OpenSSH'],
    ['behind something', (one) => `x${one}`, 'it is not a signature of OpenSSH'],
  ])('is refused when it is %s', (_what, change, problem) => {
    expect(readSshsig(change(text), MESSAGE, NAMESPACE)).toBe(problem);
  });

  it('is refused for another message, for another purpose, and in the name of another key', async () => {
    expect(readSshsig(text, Buffer.from('x'), NAMESPACE)).toBe('what it signs is not what is there');
    expect(readSshsig(text, MESSAGE, 'git')).toMatch(/another purpose/);
    const other = signingPair();
    const named = Buffer.from(other.line.split(' ')[1]!, 'base64').toString('latin1');
    const blob = Buffer.from(own.line.split(' ')[1]!, 'base64').toString('latin1');
    const bytes = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64').toString('latin1');
    expect(bytes).toContain(blob);
    const forged = Buffer.from(bytes.replace(blob, named), 'latin1').toString('base64');
    const armored = `-----BEGIN SSH SIGNATURE-----\n${forged}\n-----END SSH SIGNATURE-----\n`;
    expect(readSshsig(armored, MESSAGE, NAMESPACE)).toBe('what it signs is not what is there');
  });

  it('is refused with any of its bits changed', () =>
    sampled(300, async (chance) => {
      const bytes = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
      const at = chance.between(0, bytes.length - 1);
      bytes[at]! ^= 2 ** chance.between(0, 7);
      const armored = `-----BEGIN SSH SIGNATURE-----\n${bytes.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
      const read = readSshsig(armored, MESSAGE, NAMESPACE);
      if (typeof read !== 'string') throw new Error(`byte ${at} of ${bytes.length} may be changed`);
    }));

  it('is not written when what signs gives another one, or fails', async () => {
    const key = new PublicKey(Buffer.from(own.line.split(' ')[1]!, 'base64').subarray(-32));
    const signWith = (make: (data: Buffer) => Promise<Uint8Array>) =>
      new SigningKey(key, make).sign(MESSAGE, NAMESPACE);
    const refused = { code: 'SIGNING_FAILED' };
    await expect(signWith(async (data) => signingPair().sign(data))).rejects.toMatchObject(refused);
    await expect(signWith(async () => new Uint8Array(3))).rejects.toMatchObject(refused);
    await expect(signWith(async () => 'x' as never)).rejects.toMatchObject(refused);
    const cause = new Error('the KMS is away');
    await expect(signWith(() => Promise.reject(cause))).rejects.toMatchObject({ ...refused, cause });
    expect(await signWith(async (data) => own.sign(data))).toBe(text);
  });
});

import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { AES_KEY, AES_KEY_BASE64, BACKUP_KEY, secret } from '../fixtures/secrets.js';

const ACCEPTED = 'accepted: key, aes_key, recipients, destination, check';

const key = BACKUP_KEY;
const BAD_AES_KEY = 'aes_key must be 64 hexadecimal digits, or base64 of exactly 32 bytes';
const bytes = (count: number) => Buffer.alloc(count, 0xfb);

describeEachAdapter('The body', ({ start }) => {
  let host: Host;
  beforeAll(async () => {
    // Most of what follows is a wrong key.
    host = await start({ options: { wrongKeys: { limit: 1000 } } });
  });
  const check = (body: unknown) => host.post({ body: { key, check: true, ...(body as object) } });

  it.each([
    ['application/x-www-form-urlencoded', `key=${encodeURIComponent(key)}&check=true`],
    ['text/plain', JSON.stringify({ key })],
    ['multipart/form-data; boundary=x', `--x\r\nContent-Disposition: form-data; name="key"\r\n\r\n${key}\r\n--x--\r\n`],
    ['application/vnd.api+json', JSON.stringify({ key })],
    ['text/plain; a=application/json', JSON.stringify({ key })],
    ['application/jsonp', JSON.stringify({ key })],
    [undefined, JSON.stringify({ key })],
  ])('as %s is refused: 415', async (type, text) => {
    const headers: Record<string, string> = { 'x-user': 'system', ...(type && { 'Content-Type': type }) };
    expect((await host.post({ headers, body: text })).status).toBe(415);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'as %s is read',
    async (type) => {
      const headers = { 'x-user': 'system', 'Content-Type': type };
      expect((await host.post({ headers, body: { key, check: true } })).status).toBe(200);
    },
  );

  it.each([
    {},
    [],
    [key],
    { key: 20 },
    { key: [key] },
    { key: { toString: key } },
    { key: null },
    { key: true },
    { KEY: key },
    { check: true },
  ])('without the key as a string is refused: 400 (%j)', async (body) => {
    const answer = await host.post({ body });
    expect(answer.status).toBe(400);
    const message = ['key must be a string'];
    expect(answer.json).toEqual({ statusCode: 400, message, error: 'Bad Request', code: 'KEY_MISSING' });
  });

  it.each([
    '',
    ' ',
    key.slice(0, -1),
    key.slice(1),
    `${key}x`,
    `${key} `,
    ` ${key}`,
    `${key}\0`,
    key.toUpperCase(),
    key.normalize('NFD').replace('☂', '\u2602\uFE0E'),
    'ключ от всех дверей 🔑',
    '💥'.repeat(50_000 / 2),
  ])('with a wrong key is refused: 403 (%#)', async (wrong) => {
    const answer = await host.post({ body: { key: secret(wrong) } });
    expect(answer.status).toBe(403);
    expect(answer.json.message).toBe('The backup key is wrong.');
  });

  it.each([
    '',
    'secret',
    AES_KEY.slice(1),
    `${AES_KEY}0`,
    AES_KEY.replace('6', 'g'),
    ` ${AES_KEY}`,
    `0x${AES_KEY.slice(2)}`,
    bytes(31).toString('base64'),
    bytes(33).toString('base64'),
    bytes(16).toString('hex'),
    bytes(32).toString('base64url'),
    AES_KEY_BASE64.replace('=', ''),
    `${AES_KEY_BASE64}\n`,
    '１'.repeat(64),
    256_256,
    true,
    false,
    0,
    [AES_KEY],
    { key: AES_KEY },
  ])('with a bad aes_key is refused without an echo: 400 (%#)', async (value) => {
    const answer = await check({ aes_key: secret(value) });
    expect(answer.status).toBe(400);
    const refusal = { statusCode: 400, message: [BAD_AES_KEY], error: 'Bad Request', code: 'INVALID_BODY' };
    expect(answer.json).toEqual(refusal);
  });

  it.each([AES_KEY, AES_KEY.toUpperCase(), AES_KEY_BASE64, bytes(32).toString('base64'), null])(
    'with a good aes_key, or none, is taken (%#)',
    async (value) => {
      expect((await check({ aes_key: secret(value) })).status).toBe(200);
    },
  );

  it.each(['true', 'yes', 1, 0, null, '', [], {}])('with a bad check is refused: 400 (%j)', async (value) => {
    const answer = await check({ check: value });
    expect(answer.status).toBe(400);
    expect(answer.json.message).toEqual(['check must be a boolean value']);
  });

  it.each(['extra', 'aesKey', 'Key', 'constructor', 'prototype', 'toString', '0', ''])(
    'with an unknown property is refused: 400 ("%s")',
    async (name) => {
      const answer = await check({ [name]: secret('the value of it') });
      expect(answer.status).toBe(400);
      expect(answer.json.message).toEqual([`property ${name} should not exist; ${ACCEPTED}`]);
    },
  );

  it('with __proto__ is refused: 400', async () => {
    const text = `{"key":${JSON.stringify(key)},"check":true,"__proto__":{"isSystemUser":true}}`;
    const headers = { 'x-user': 'system', 'Content-Type': 'application/json' };
    expect((await host.post({ headers, body: text })).status).toBe(400);
  });

  it('with several mistakes gets a message for each field', async () => {
    const answer = await check({ aes_key: secret('abcdef'), check: 'maybe', extra: 1, toString: 1 });
    expect(answer.status).toBe(400);
    const unknown = ['extra', 'toString'].map((name) => `property ${name} should not exist; ${ACCEPTED}`);
    const messages = [...unknown, BAD_AES_KEY, 'check must be a boolean value'];
    expect(answer.json.message.toSorted()).toEqual(messages.toSorted());
  });

  it('with check: true makes nothing', async () => {
    host.logs.length = 0;
    const answer = await check({ aes_key: AES_KEY });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.text).toBe('{"ok":true}');
    expect(host.events.map(({ event }) => event)).toEqual(['backup.allowed']);
    expect(host.logs).toHaveLength(1);
  });

  it('with check: false makes a backup', async () => {
    expect((await check({ check: false })).headers['content-type']).toBe('application/zip');
  });
});

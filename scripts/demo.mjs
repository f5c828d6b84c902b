/** The whole story: the sample app is backed up over HTTP, plain and encrypted, loses everything, and is restored. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { styleText } from 'node:util';
import { CryptoService } from 'nestjs-backup';
import { fromBufferPromise } from 'yauzl';
import { loseAndRestore } from './lose-and-restore.mjs';

const root = dirname(import.meta.dirname);
const output = join(root, 'demo');
const backupKey = randomBytes(24).toString('hex');
const aesKey = randomBytes(32).toString('hex');
const style = (format, line) => (process.stdout.isTTY ? styleText(format, line) : line);

try {
  await main();
} catch (error) {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  console.log(style('bold', '\nnestjs-backup: the sample app is backed up over HTTP, lost, and brought back\n'));
  const app = await startSampleApp();
  try {
    console.log(`The sample app runs on ${app.url} (SQLite, in a temporary directory).`);
    const cookie = await login(app.url, 'system', 'system-password');
    console.log('Logged in as its system user.');
    await mkdir(output, { recursive: true });

    const plain = await download(app.url, cookie, { key: backupKey });
    const contents = await inspect(await readFile(plain));
    print(contents);

    const encrypted = await download(app.url, cookie, { key: backupKey, aes_key: aesKey });
    await showEncrypted(encrypted, contents);
    await app.stop();
    console.log(style('bold', '\nThe database and all files are lost, and brought back'));
    await loseAndRestore(root, app.data, encrypted, aesKey);
    console.log(style('bold', '\nBoth archives lie here:'));
    for (const file of [plain, encrypted]) console.log(`  ./${relative(root, file)}`);
    console.log(`  The second one's AES key, made for this demo: ${aesKey}`);
    console.log(style('bold', '\nThe same in a browser:'));
    console.log(`  BACKUP_KEY=${backupKey} npm run sample-app`);
    console.log(`  http://127.0.0.1:3000${new URL(app.url).pathname}/auth/login, as system with system-password`);
    console.log('  The page asks for that backup key before it does anything.\n');
  } finally {
    await app.stop();
  }
}

/** A process of its own, as in production: a fresh database, fresh directories, a random key, a free port. */
async function startSampleApp() {
  const data = await mkdtemp(join(tmpdir(), 'nestjs-backup-demo-'));
  const env = { ...process.env, BACKUP_KEY: backupKey, DATA_DIR: data, HOST: '127.0.0.1', PORT: '0', NO_COLOR: '1' };
  const app = spawn(process.execPath, [join(root, 'sample-app/dist/main.js')], { cwd: root, env });
  process.once('exit', () => {
    app.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  const ended = once(app, 'exit');
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const giveUp = (why) => reject(new Error(`the sample app ${why}.\n${log}`));
    const timer = setTimeout(giveUp, 60_000, 'did not start within a minute').unref();
    for (const stream of [app.stdout, app.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        log = (log + chunk).slice(-4_000);
        const found = /listens on (http\S+)\n/.exec(log)?.[1];
        if (found) resolve(found);
      });
    }
    ended.then(([code, signal]) => giveUp(`ended with ${signal ?? `exit code ${code}`}`), reject);
    ended.finally(() => clearTimeout(timer)).catch(() => {});
  });
  const stop = async () => {
    app.kill('SIGTERM');
    const timer = setTimeout(() => app.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  return { url, stop, data };
}

async function login(url, username, password) {
  const response = await post(`${url}/auth/login`, { username, password });
  await response.arrayBuffer();
  const cookie = response.headers.getSetCookie().find((each) => each.startsWith('sessionid='));
  if (!cookie) throw new Error('the login answered without a sessionid cookie');
  return cookie.split(';')[0];
}

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** What `curl -X POST … -o FILE` does; the name comes from the answer, and only a whole archive gets it. */
async function download(url, cookie, body) {
  const shown = Object.keys(body).map((name) => `"${name}": "…"`);
  console.log(style('bold', `\nPOST ${new URL(url).pathname}/utils/backup/ {${shown.join(', ')}}`));
  const started = performance.now();
  const response = await post(`${url}/utils/backup/`, body, { Cookie: cookie });
  const name = /filename="?([\w.-]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  if (!name) throw new Error('the answer names no file');
  const file = join(output, name);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(`${file}.part`));
  await rename(`${file}.part`, file);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  const { size } = await stat(file);
  console.log(`${response.status} ${response.headers.get('content-type')}, ${bytes(size)} in ${seconds} s`);
  return file;
}

/** Opens a ZIP and holds it against its own manifest. */
async function inspect(archive) {
  const zip = await fromBufferPromise(archive, { lazyEntries: true });
  const entries = [];
  const read = new Map();
  for await (const entry of zip.eachEntry()) {
    entries.push({ name: entry.fileName, size: entry.uncompressedSize });
    read.set(entry.fileName, await text(await zip.openReadStreamPromise(entry)));
  }
  if (entries.at(-1)?.name !== 'manifest.json') throw new Error('the archive does not end with manifest.json');
  const manifest = JSON.parse(read.get('manifest.json'));
  const lines = read.get('backup.jsonl').split('\n').slice(0, -1).map(JSON.parse);
  for (const { name, rows } of manifest.tables) {
    const found = lines.filter(({ model }) => model === name).length;
    if (found !== rows) throw new Error(`backup.jsonl has ${found} rows of ${name}, the manifest says ${rows}`);
  }
  if (!manifest.complete) throw new Error(`the archive is incomplete: ${JSON.stringify(manifest.skipped)}`);
  return { entries, manifest, lines };
}

function print({ entries, manifest, lines }) {
  const list = new Map();
  for (const { name, size } of entries) {
    const [top, ...inside] = name.split('/');
    const shown = inside.length > 0 ? `${top}/` : top;
    const note = inside.length > 0 ? `${manifest.files[top].count} files` : '';
    list.set(shown, { size: size + (list.get(shown)?.size ?? 0), note });
  }
  list.get('backup.jsonl').note = `${lines.length} rows, one a line`;
  console.log('\n  Entries');
  table([...list].map(([name, { size, note }]) => [name, bytes(size), note]));
  console.log('\n  Rows of each table');
  table(manifest.tables.map(({ name, rows }) => [name, String(rows), '']));
  console.log('\n  One of the lines of backup.jsonl');
  const telling = lines.filter(({ fields }) => Object.keys(fields).length > 1).map((line) => JSON.stringify(line));
  const shortest = telling.reduce((one, other) => (one.length <= other.length ? one : other));
  console.log(`    ${shortest}`);
}

async function showEncrypted(file, plain) {
  const first = await readFile(file);
  if (first.includes('PK\x05\x06')) throw new Error('the encrypted archive looks like a ZIP');
  console.log(`\n  Without the key it is no ZIP: it begins with ${first.toString('hex', 0, 8)}… (a ZIP: 504b0304)`);
  const crypto = new CryptoService();
  const open = (key) => buffer(createReadStream(file).compose(crypto.createDecryptor(crypto.parseAesKey(key))));
  const refused = await open(randomBytes(32).toString('hex')).then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error('a wrong key opened the encrypted archive');
  console.log('  A wrong key is refused.');
  const { entries, lines } = await inspect(await open(aesKey));
  if (lines.length !== plain.lines.length || entries.length !== plain.entries.length) {
    throw new Error('the two archives do not hold the same');
  }
  console.log(`  With the key it holds the same ${entries.length} entries and ${lines.length} rows.`);
}

function table(rows) {
  const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [a, b, c] of rows) console.log(`    ${a.padEnd(first)}  ${b.padStart(second)}  ${c}`.trimEnd());
}

function bytes(count) {
  if (count < 1_000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

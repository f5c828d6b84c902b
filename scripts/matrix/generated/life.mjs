/**
 * The life of a host in stages: it is built, tested and started by its own scripts, backs itself up over HTTP and by the
 * command line, loses everything, and is restored.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../test/fixtures/free-port.mjs';
import { pictureOf } from '../picture.mjs';
import { startServer } from './server.mjs';
import { shell } from './shell.mjs';

/** Of one file a path and its SHA-256, in characters. */
const LEAST_SHOWN = 70;

/**
 * @param host `folder`, `env`, `scripts` (`build`, `test`, `e2e`, `start`), `cli` (how the library's program is run),
 *   `app`, `openApi` (whether it has such a document), `users` (who use it: `fill`, `logIn`, `logInAsSomebody`, `read`), `contents` of its database, `files` (its
 *   data directory) and `path` (of the endpoint)
 */
export async function live(stages, host) {
  const { folder, env, scripts, users, contents, files } = host;
  const cli = (command, more = `--app ${host.app}`) => shell(`${host.cli} ${command} ${more}`, folder, env);
  for (const script of [scripts.build, scripts.test, scripts.e2e]) {
    if (script) await stages.run(script, () => shell(script, folder, env));
  }

  if (host.openApi) {
    await stages.run('the OpenAPI document', async () => {
      // A script of the application's own, to whose folder relative paths belong.
      await cp(join(import.meta.dirname, 'openapi.mjs'), join(folder, 'openapi.mjs'));
      await shell(`node openapi.mjs ${host.app}`, folder, env);
    });
  }

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const serving = async (work) => {
    const start = () =>
      startServer(scripts.start, folder, { ...env, PORT: String(port) }, `${url}/${host.health ?? ''}`);
    const server = await stages.run(scripts.start, start);
    try {
      return await work();
    } finally {
      await server.stop();
    }
  };

  const overHttp = join(folder, 'over-http.zip.crypt');
  const shown = await serving(async () => {
    await stages.run('use it', () => users.fill(url));
    const pages = await users.read(url);
    await stages.run('back up over HTTP', async () => writeFile(overHttp, await backUp(url, host)));
    return pages;
  });
  const [rows, picture] = [await contents.rows(), await pictureOf(files)];

  await stages.run('nestjs-backup create', async () => {
    await cli('create --output by-hand.zip.crypt');
    await cli('create --to vault');
  });
  await stages.run('nestjs-backup verify', async () => {
    for (const file of ['over-http.zip.crypt', 'by-hand.zip.crypt']) await cli(`verify ${file}`, '');
    await cli('verify vault:latest');
  });
  await stages.run('nestjs-backup list', async () => {
    const listed = JSON.parse(await cli('list --json'));
    if (listed.length !== 1) throw new Error(`the vault holds ${listed.length} backups`);
  });

  const lose = async () => {
    await contents.empty();
    await rm(files, { recursive: true });
    await mkdir(files);
  };
  await lose();
  await stages.run('nestjs-backup restore vault', () => cli('restore vault:latest'));
  await stages.run('compare rows and files', async () => {
    same('rows', await contents.rows(), rows);
    same('files', await pictureOf(files), picture);
  });
  await lose();
  await stages.run('nestjs-backup restore HTTP', () => cli('restore over-http.zip.crypt'));
  await serving(() => stages.run('compare what it shows', async () => same('pages', await users.read(url), shown)));
}

async function backUp(url, { users, env, path }) {
  const post = (headers) =>
    fetch(`${url}/${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ key: env.BACKUP_KEY }),
    });
  for (const [status, headers] of [
    [401, {}],
    [403, await users.logInAsSomebody(url)],
  ]) {
    const refused = await post(headers);
    if (refused.status !== status) throw new Error(`the answer was ${refused.status}, not ${status}`);
  }
  const answer = await post(await users.logIn(url));
  if (answer.status !== 200) throw new Error(`the answer was ${answer.status}: ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

function same(what, now, before) {
  if (before.length < LEAST_SHOWN) throw new Error(`there were no ${what} to speak of: ${before}`);
  if (now === before) return;
  const [lines, earlier] = [now, before].map((text) => text.split('\n'));
  const first = lines.findIndex((line, index) => line !== earlier[index]);
  const at = first < 0 ? lines.length : first;
  const shown = (line = '(nothing)') => line.slice(0, 1_000);
  throw new Error(`the ${what} differ in line ${at + 1}:\n${shown(lines[at])}\nwas:\n${shown(earlier[at])}`);
}

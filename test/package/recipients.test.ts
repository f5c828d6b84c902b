import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { PackedHost } from '../fixtures/packed.js';

const PACKAGES = ['@nestjs/platform-express', 'sql.js', 'age-encryption'];

/** Starts an application with recipients, and without; prints how each backup is called, or why it does not start. */
const HOST = `
require('reflect-metadata');
const { NestFactory } = require('@nestjs/core');
const { TypeOrmModule } = require('@nestjs/typeorm');
const { EntitySchema } = require('typeorm');
const { BackupModule, BackupService } = require('nestjs-backup');

const Note = new EntitySchema({ name: 'Note', columns: { id: { type: 'integer', primary: true } } });
exports.filename = async (recipients) => {
  class AppModule {}
  const imports = [
    TypeOrmModule.forRoot({ type: 'sqljs', entities: [Note], synchronize: true }),
    BackupModule.forRoot({ recipients }),
  ];
  const module = { module: AppModule, imports };
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const { filename, stream } = await app.get(BackupService).create();
  for await (const _ of stream) continue;
  await app.close();
  return filename;
};
`;

const MAIN = `
const { filename } = require('./host.cjs');
(async () => {
  for (const recipients of [null, [process.argv[2]]]) {
    console.log(await filename(recipients).catch(({ code, message }) => code + ': ' + message));
  }
})();
`;

/** The one part that Jest cannot load in CommonJS by itself. Nest 12 as a whole is another, so without it. */
const TEST = `
const { Recipients } = require('./node_modules/nestjs-backup/dist/crypto/age/recipients.js');
it('wraps', async () => {
  const { RECIPIENT } = process.env;
  const told = await Recipients.parse([RECIPIENT]).then(() => 'WRAPPED', ({ code, message }) => code + ': ' + message);
  process.stdout.write(told + '\\n');
});
`;

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
const JEST_REQUIRES_MODULES = major > 24 || (major === 24 && minor >= 9);

describe('An application with recipients, from the packed library', () => {
  jest.setTimeout(180_000);
  let host: PackedHost;
  let alice: KeyPair;
  const start = async (packages: readonly string[]) => {
    [host, alice] = [await PackedHost.make({ packages }), await keyPair()];
    await host.write({ 'package.json': '{}', 'host.cjs': HOST, 'main.cjs': MAIN, 'host.test.js': TEST });
  };
  afterEach(() => host.remove());

  it('starts in CommonJS, and warns of nothing', async () => {
    await start(PACKAGES);
    const { stdout, stderr } = await host.run('main.cjs', alice.recipient);
    const names = [expect.stringMatching(/^backup-\S+\.zip$/), expect.stringMatching(/^backup-\S+\.zip\.age$/), ''];
    expect({ lines: stdout.split('\n'), stderr }).toEqual({ lines: names, stderr: '' });
  });

  it('does not start without age-encryption, and is told what to install; others do not need it', async () => {
    await start(PACKAGES.slice(0, -1));
    const { stdout } = await host.run('main.cjs', alice.recipient);
    const refusal = 'MISSING_PACKAGE: The package "age-encryption" is not installed. Run: npm install age-encryption';
    expect(stdout.split('\n')).toEqual([expect.stringMatching(/\.zip$/), refusal, '']);
  });

  it('is told under Jest what to do, and works there where Jest can require ES modules', async () => {
    await start(PACKAGES);
    const jestBin = join(import.meta.dirname, '../../node_modules/jest/bin/jest.js');
    const program = `process.env.RECIPIENT = ${JSON.stringify(alice.recipient)}; require(${JSON.stringify(jestBin)});`;
    await host.write({ 'jest.cjs': program });
    const jestOf = async (...flags: string[]) =>
      (await host.run(...flags, 'jest.cjs', '--runInBand', '--rootDir', host.folder)).stdout;
    const refusal = /^MISSING_PACKAGE: .*ES modules.*Node\.js 24\.9.*--experimental-vm-modules.*recipients to null/m;
    expect(await jestOf()).toMatch(refusal);
    expect(await jestOf('--experimental-vm-modules')).toMatch(JEST_REQUIRES_MODULES ? /^WRAPPED$/m : refusal);
  });
});

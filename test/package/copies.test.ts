import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PackedHost } from '../fixtures/packed.js';

/** The part of an application that a framework brings, with the copies of Nest and TypeORM that it finds. */
const FRAMEWORK = `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';

export async function start(feature) {
  class AppModule {}
  const imports = [TypeOrmModule.forRoot({ type: 'sqljs' }), feature];
  const app = await NestFactory.createApplicationContext({ module: AppModule, imports }, { logger: ['error'], abortOnError: false });
  await app.close();
  console.log('It started.');
}
`;
const HOST = `
import { start } from 'framework';
import { BackupModule } from 'nestjs-backup';

await start(BackupModule.forRoot({}));
`;
const NEST = ['@nestjs/common', '@nestjs/core'];
const IN_FRAMEWORK = 'node_modules/framework';

describe('A host', () => {
  let host: PackedHost;
  beforeEach(async () => {
    host = await PackedHost.make();
    await host.write({
      'host.mjs': HOST,
      [`${IN_FRAMEWORK}/package.json`]: JSON.stringify({ name: 'framework', type: 'module', exports: './index.js' }),
      [`${IN_FRAMEWORK}/index.js`]: FRAMEWORK,
    });
  });
  afterEach(() => host.remove());

  /** What its start says of copies, or all that it says. */
  async function refusal(): Promise<string> {
    const { code, stdout, stderr } = await host.run('host.mjs');
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.not.stringContaining('It started.') });
    return /There are two copies of @?\w.*/.exec(`${stdout}${stderr}`)?.[0] ?? `${stdout}${stderr}`;
  }
  async function expectNamed(name: string, theirs: string): Promise<void> {
    const { version } = JSON.parse(await readFile(join(theirs, 'package.json'), 'utf8'));
    const said = await refusal();
    expect(said).toContain(`There are two copies of ${name}: the application runs on the one in "${theirs}"`);
    expect(said).toMatch(new RegExp(`nestjs-backup loads the one in "[^"]*/node_modules/${name}"`));
    expect(said).toContain(`npm install ${name}@${version}`);
  }

  it('with one copy of everything starts', async () => {
    expect(await host.run('host.mjs')).toMatchObject({ code: 0, stdout: 'It started.\n' });
  });

  it('that runs on another copy of Nest does not start, and is told of both', async () => {
    const [, core] = await host.copy(IN_FRAMEWORK, ...NEST, '@nestjs/typeorm');
    await expectNamed('@nestjs/core', core!);
  });

  it('whose Nest has a second copy of its half does not start, and is told of both', async () => {
    await host.copy('.', '@nestjs/core', '@nestjs/typeorm');
    const [common] = await host.copy('node_modules/@nestjs/core', '@nestjs/common');
    await expectNamed('@nestjs/common', common!);
  });

  it('whose DataSource is of another copy of TypeORM does not start, and is told of both', async () => {
    const [, typeorm] = await host.copy(IN_FRAMEWORK, '@nestjs/typeorm', 'typeorm');
    await expectNamed('typeorm', typeorm!);
  });

  it('whose @nestjs/typeorm has a TypeORM of its own does not start, and is told of both', async () => {
    await host.copy('.', '@nestjs/typeorm');
    const [typeorm] = await host.copy('node_modules/@nestjs/typeorm', 'typeorm');
    await expectNamed('typeorm', typeorm!);
  });
});

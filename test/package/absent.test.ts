import { jest } from '@jest/globals';
import { PackedHost } from '../fixtures/packed.js';

/** A host whose Pro edition has the package, and whose other edition does not; it prints how it answers. */
const HOST = `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';

const login = { canActivate: (context) => (context.switchToHttp().getRequest().user = { isSystemUser: true }) };
const backups = () =>
  import('nestjs-backup').then(({ BackupModule }) =>
    BackupModule.forRoot({ backupKey: 'correct horse battery staple', guards: [login] }),
  );
class AppModule {}
const imports = [TypeOrmModule.forRoot({ type: 'sqljs' }), ...(process.argv[2] === 'pro' ? [backups()] : [])];
const app = await NestFactory.create({ module: AppModule, imports }, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const answer = await fetch((await app.getUrl()) + '/utils/backup', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ key: 'correct horse battery staple' }),
});
await answer.arrayBuffer();
console.log(answer.status, answer.headers.get('content-type'));
await app.close();
`;

/** What hosts have without being asked to; no optional peer. */
const packages = ['@nestjs/platform-express'];

describe('A host without a package that an entry needs', () => {
  jest.setTimeout(120_000);

  it.each([
    ['schedule', [], '@nestjs/schedule'],
    ['queue', [], 'bullmq'],
    ['queue', ['bullmq'], '@nestjs/bullmq'],
  ])('is told what to install for nestjs-backup/%s, having %j', async (entry, packages, missing) => {
    const host = await PackedHost.make({ packages });
    await host.write({
      'package.json': '{}',
      'required.cjs': `require('nestjs-backup/${entry}')`,
      'imported.mjs': `import 'nestjs-backup/${entry}'`,
    });
    const required = await host.run('required.cjs');
    expect(required.stderr).toContain(`The package "${missing}" is not installed. Run: npm install ${missing}`);
    expect(required.stderr).toContain("code: 'MISSING_PACKAGE'");
    // Before any code runs, so these are the words of Node.
    expect((await host.run('imported.mjs')).stderr).toMatch(/Cannot find package '@nestjs\/(schedule|bullmq)'/);
    await host.remove();
  });
});

describe('A host of two editions', () => {
  jest.setTimeout(120_000);
  let host: PackedHost;
  const start = async (setup: Parameters<typeof PackedHost.make>[0]) => {
    host = await PackedHost.make({ packages, ...setup });
    await host.write({ 'host.mjs': HOST });
  };
  afterEach(() => host.remove());

  it('runs without the package in the edition that does not have it', async () => {
    await start({ withLibrary: false });
    const { code, stdout, stderr } = await host.run('host.mjs', 'community');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^404 /), stderr: '' });
  });

  it('makes backups in the edition that has it, without any optional peer', async () => {
    await start({ withLibrary: true });
    const { code, stdout } = await host.run('host.mjs', 'pro');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('200 application/zip') });
  });

  it('does not start in the edition that should have it and does not', async () => {
    await start({ withLibrary: false });
    const { code, stderr } = await host.run('host.mjs', 'pro');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("Cannot find package 'nestjs-backup'"),
    });
  });
});

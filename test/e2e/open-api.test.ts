import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import SwaggerParser from '@apidevtools/swagger-parser';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { BackupModule } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { describeEachAdapter, type Host, LoginGuard } from '../fixtures/host.js';
import { BACKUP_KEY } from '../fixtures/secrets.js';

const run = promisify(execFile);
const MODULES = join(import.meta.dirname, '../../node_modules');
const GENERATOR = join(MODULES, 'swagger-typescript-api/dist/cli.mjs');

/** What a host writes that has @nestjs/swagger. */
const documentOf = ({ app }: Host) =>
  SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Host').setVersion('1.0').build());

/** A program around the generated client; the second call must not compile. */
const PROGRAM = `
import { writeFileSync } from 'node:fs';
import { Api } from './client.js';
const [url, key] = process.argv.slice(2);
const { api } = new Api({ baseUrl: url, baseApiParams: { headers: { 'x-user': 'system' } } });
const { data, headers } = await api.backupControllerCreate({ key: key! }, { format: 'blob' });
writeFileSync('backup.zip', Buffer.from(await data.arrayBuffer()));
const refused = await api.backupControllerCreate({ key: 'wrong' }).catch(({ error }) => error);
console.log(JSON.stringify({ id: headers.get('x-backup-id'), refused }));
// @ts-expect-error The key is required.
export const neverCalled = () => api.backupControllerCreate({ check: true });
`;
const TSCONFIG = {
  compilerOptions: { module: 'nodenext', target: 'es2022', lib: ['es2023', 'dom'], types: ['node'], strict: true },
  files: ['program.ts'],
};

describeEachAdapter(
  'The OpenAPI document of a host',
  ({ start }) => {
    it('is valid, and has the endpoint with its body and all of its answers', async () => {
      const document = documentOf(await start());
      await SwaggerParser.validate(structuredClone(document) as never);
      expect(Object.keys(document.paths)).toEqual(['/api/v1/utils/backup']);
      const { post } = document.paths['/api/v1/utils/backup']!;
      expect(post!.requestBody).toMatchObject({ required: true, content: { 'application/json': {} } });
      const binary = { schema: { type: 'string', format: 'binary' } };
      expect(post!.responses[200]).toMatchObject({
        headers: { 'X-Backup-Id': {}, 'Content-Disposition': {} },
        content: { 'application/zip': binary, 'application/octet-stream': binary, 'application/json': {} },
      });
      const statuses = [200, 202, 400, 401, 403, 404, 409, 415, 429, 500, 503].map(String);
      expect(Object.keys(post!.responses)).toEqual(statuses);
      expect(post!.responses[429]).toMatchObject({ headers: { 'Retry-After': {} } });
      const required = ['statusCode', 'error', 'code', 'message'];
      for (const status of statuses.slice(2)) {
        expect(post!.responses[status]).toMatchObject({ content: { 'application/json': { schema: { required } } } });
      }
      expect(post!.responses[403]).toMatchObject({
        description: expect.stringContaining('`NOT_SYSTEM_USER` or `WRONG_KEY`'),
      });
      expect(post!.responses[503]).toMatchObject({ description: expect.stringContaining('`DATABASE_BUSY`') });
      expect(document.components!.schemas!.CreateBackupDto).toMatchObject({
        required: ['key'],
        properties: {
          key: { type: 'string' },
          aes_key: { nullable: true },
          destination: { nullable: true },
          check: { type: 'boolean' },
        },
      });
    });

    it('is the same in the next application of the process, at its own path', async () => {
      const described = documentOf(await start()).paths['/api/v1/utils/backup'];
      const module = BackupModule.forRoot({ backupKey: BACKUP_KEY, path: 'ops/dump', guards: [LoginGuard] });
      const { paths } = documentOf(await start({ imports: () => [module] }));
      const elsewhere = { ...described!.post!, operationId: 'BackupControllerAt_create' };
      expect(paths).toEqual({ '/api/v1/ops/dump': { post: elsewhere } });
    });

    it('says nothing of an endpoint that is off', async () => {
      expect(documentOf(await start({ options: { enabled: false } })).paths).toEqual({});
    });
  },
  'sql.js',
);

describeEachAdapter(
  'A client generated from the OpenAPI document',
  ({ start }) => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-client-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    const node = (...args: string[]) => run(process.execPath, args, { cwd: folder });
    const compile = async (document: OpenAPIObject) => {
      await writeFile(join(folder, 'document.json'), JSON.stringify(document));
      await node(GENERATOR, 'generate', '--path', 'document.json', '--output', '.', '--name', 'client.ts', '--silent');
      await symlink(MODULES, join(folder, 'node_modules'));
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      await writeFile(join(folder, 'program.ts'), PROGRAM);
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      await node(join(MODULES, 'typescript/bin/tsc'));
    };

    it('compiles, makes a backup, and understands a refusal', async () => {
      const host = await start();
      await compile(documentOf(host));
      const { stdout } = await node('program.js', host.url, BACKUP_KEY);
      const { id, refused } = JSON.parse(stdout);
      const { manifest } = await readBackup(await readFile(join(folder, 'backup.zip')));
      expect(manifest).toMatchObject({ id, complete: true });
      expect(refused).toMatchObject({ statusCode: 403, code: 'WRONG_KEY', message: 'The backup key is wrong.' });
    }, 120_000);
  },
  'sql.js',
  ['Fastify'],
);

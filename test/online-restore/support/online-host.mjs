// An application that can be restored while it runs, in a process of its own, made of the built package. It is configured
// by environment variables, and does what its parent asks over IPC.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, EntitySchema } from 'typeorm';
import { BackupModule, BackupStore, localDirectory } from '../../../dist/index.js';
import { OnlineRestore } from '../../../dist/online/online-restore.js';
import { ReplicaRecords } from '../../../dist/replicas/replica-records.js';

const { HOST_DATABASE, HOST_VAULT, HOST_FILES, HOST_HEALTH, HOST_RESTORES, HOST_ADAPTER } = process.env;

const Note = new EntitySchema({
  name: 'note',
  columns: { id: { type: 'integer', primary: true, generated: 'increment' }, text: { type: 'text' } },
});

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ ...JSON.parse(HOST_DATABASE), entities: [Note], synchronize: true, retryAttempts: 0 }),
    BackupModule.forRoot({
      backupKey: 'a key of at least twenty characters',
      dataDirs: { files: HOST_FILES },
      destinations: { vault: localDirectory(HOST_VAULT) },
      page: true,
      restoreOverHttp: HOST_RESTORES !== 'no',
      // The file says what is wrong; without one, all is well.
      healthCheck: async () => {
        const health = existsSync(HOST_HEALTH) ? readFileSync(HOST_HEALTH, 'utf8') : 'well';
        if (health === 'slow') await sleep(500);
        return health !== 'sick';
      },
    }),
  ],
})(AppModule);

const platform =
  HOST_ADAPTER === 'Fastify'
    ? new (await import('@nestjs/platform-fastify')).FastifyAdapter()
    : new (await import('@nestjs/platform-express')).ExpressAdapter();
const app = await NestFactory.create(AppModule, platform, { logger: ['error', 'fatal'] });
const notes = app.get(DataSource).getRepository(Note);

// As the application's own middleware, so that the test needs no compiler for decorators.
let seen = 0;
const answer = async (request, response) => {
  seen++;
  const url = new URL(request.url, 'http://host');
  try {
    if (url.pathname === '/slow') await sleep(Number(url.searchParams.get('ms')));
    if (url.pathname === '/notes') await notes.insert({ text: url.searchParams.get('text') });
    response.writeHead(url.pathname === '/notes' ? 201 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ seen }));
  } catch (error) {
    response.writeHead(500).end(JSON.stringify({ message: error.message }));
  }
};
if (HOST_ADAPTER === 'Fastify') {
  app
    .getHttpAdapter()
    .getInstance()
    .all('/app/*', (request, reply) => {
      reply.hijack();
      void answer(Object.assign(request.raw, { url: request.raw.url.slice('/app'.length) }), reply.raw);
    });
} else {
  app.use('/app', (request, response) => void answer(request, response));
}
await app.listen(0, '127.0.0.1');

// The parent kills by phase.
const { write } = ReplicaRecords.prototype;
ReplicaRecords.prototype.write = async function (name, value) {
  await write.call(this, name, value);
  if (name === 'online-restore') process.send?.({ phase: value.phase });
};

const restores = HOST_RESTORES === 'no' ? undefined : app.get(OnlineRestore, { strict: false });
const OPERATOR = { via: 'http', user: 'ops' };
const commands = {
  store: () =>
    app
      .get(BackupStore, { strict: false })
      .store({ destinations: ['vault'] })
      .then(({ id }) => id),
  plan: (id) => restores.plan({ destination: 'vault', id }, OPERATOR),
  start: (id) => restores.start({ destination: 'vault', id }, OPERATOR).then((started) => started.id),
  undo: (id) => restores.undo(id, OPERATOR).then((started) => started.id),
  last: () => restores.last(),
  maintenance: () => restores.maintenance,
};
process.on('message', async ({ number, command, argument }) => {
  try {
    process.send({ number, value: (await commands[command](argument)) ?? null });
  } catch (error) {
    process.send({ number, error: { code: error.code ?? 'INTERNAL', message: error.message } });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ port: Number(new URL(await app.getUrl()).port) });

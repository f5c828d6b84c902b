// A Nest application with the library in it, told by messages what to do. Configured by HOST_SETUP, in JSON.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, BackupService, RestoreService } from 'nestjs-backup';
import { entitiesFor } from './data/schema.mjs';
import { GcWatch } from './gc-watch.mjs';

const { database, entities = true, ...options } = JSON.parse(process.env.HOST_SETUP);

class PingController {
  ping() {
    return { pong: true };
  }
}
Controller('ping')(PingController);
Get()(PingController.prototype, 'ping', Object.getOwnPropertyDescriptor(PingController.prototype, 'ping'));

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ ...database, entities: entities ? entitiesFor(database.type) : [] }),
    BackupModule.forRoot({ ...options, backupKey: randomUUID(), unmappedTables: 'include' }),
  ],
  controllers: [PingController],
})(HostModule);

const app = await NestFactory.create(HostModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');

const works = {
  /** Without an output, what is made is thrown away. */
  async backup({ output, aesKey, recipients }) {
    const { stream } = await app.get(BackupService).create({ aesKey, recipients });
    await pipeline(stream, output ? createWriteStream(output) : new Writable({ write: (_chunk, _, done) => done() }));
  },
  async restore({ archive, aesKey }) {
    await app.get(RestoreService).restore(archive, { aesKey, replace: true });
  },
  async nothing({ milliseconds }) {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  },
};

process.on('message', async ({ work, ...parameters }) => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const garbage = new GcWatch();
  const usedBefore = process.cpuUsage();
  const started = performance.now();
  delay.enable();
  try {
    await works[work](parameters);
    delay.disable();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(usedBefore);
    const gc = (await garbage.stop()) / 1000 / seconds;
    process.send({
      seconds,
      cpu: (user + system) / 1e6,
      gc,
      p99: delay.percentile(99) / 1e6,
      longest: delay.max / 1e6,
    });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });

// A host with nothing in it but the library; its memory is what a backup costs. Configured by environment variables.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EntitySchema } from 'typeorm';
import { BackupModule } from 'nestjs-backup';

const { DATABASE_URL, BACKUP_KEY, DATA_DIR } = process.env;
const Row = new EntitySchema({ name: 'Row', tableName: 'row', columns: { id: { type: 'bigint', primary: true } } });

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: DATABASE_URL, entities: [Row] }),
    BackupModule.forRoot({ backupKey: BACKUP_KEY, dataDirs: { files: DATA_DIR } }),
  ],
})(HostModule);

const app = await NestFactory.create(HostModule, { logger: ['error', 'warn'] });
app.use((request, _response, next) => {
  request.user = { isSystemUser: true };
  next();
});
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });

// A host as a process of its own, configured by environment variables: prints its port when it listens.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EntitySchema } from 'typeorm';
import { BackupModule } from '../../dist/index.js';

const { HOST_DATABASE, HOST_FILES, HOST_BACKUP_KEY } = process.env;
const Note = new EntitySchema({
  name: 'note',
  columns: { id: { type: 'integer', primary: true, generated: 'increment' }, text: { type: 'text' } },
});

class Login {
  canActivate(context) {
    context.switchToHttp().getRequest().user = { isSystemUser: true };
    return true;
  }
}

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ ...JSON.parse(HOST_DATABASE), entities: [Note], synchronize: true, retryAttempts: 0 }),
    BackupModule.forRoot({
      backupKey: HOST_BACKUP_KEY,
      dataDirs: { files: HOST_FILES },
      compressionLevel: 0,
      guards: [Login],
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(new URL(await app.getUrl()).port);

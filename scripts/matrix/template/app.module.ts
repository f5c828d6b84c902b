import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule } from 'nestjs-backup';
import { EntityManager } from 'typeorm';
import { Author, Book } from './entities.js';

const database = JSON.parse(process.env.DATABASE!);
// sql.js before 1.8 does not find its own on a Node that has fetch.
if (database.type === 'sqljs') database.sqlJsConfig = { wasmBinary: readFileSync(process.env.SQL_WASM!) };

@Injectable()
class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    request.user = { id: 1, isSystemUser: request.headers['x-user'] === 'system' };
    return true;
  }
}

@Controller('rows')
class RowsController {
  constructor(private readonly manager: EntityManager) {}

  @Get()
  async list() {
    return {
      authors: await this.manager.find(Author, { order: { id: 'ASC' } }),
      books: await this.manager.find(Book, { order: { title: 'ASC' } }),
    };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ ...database, entities: [Author, Book], synchronize: true }),
    BackupModule.forRoot({
      backupKey: process.env.BACKUP_KEY,
      dataDirs: { uploads: process.env.UPLOADS! },
      guards: [LoginGuard],
    }),
  ],
  controllers: [RowsController],
})
export class AppModule {}

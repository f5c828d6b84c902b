import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module, Req, UnauthorizedException } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, localDirectory } from 'nestjs-backup';
import { EntityManager } from 'typeorm';
import { AuthController } from './auth.js';
import * as entities from './entities.js';

const data = process.env.DATA_DIR || join(import.meta.dirname, '../data');
const database = join(data, 'app.sqlite');
export const dataDirs = { uploadedimages: join(data, 'uploadedimages'), uploadedfiles: join(data, 'uploadedfiles') };
const vault = join(data, 'backups');
[...Object.values(dataDirs), vault].forEach((directory) => mkdirSync(directory, { recursive: true }));

@Controller('projects')
class ProjectsController {
  constructor(private readonly manager: EntityManager) {}

  @Get()
  list(@Req() { user }: { user?: entities.User }) {
    if (!user) throw new UnauthorizedException();
    return this.manager.find(entities.Project, { relations: { tags: true } });
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database,
      enableWAL: true,
      entities: Object.values(entities),
      synchronize: true,
    }),
    BackupModule.forRoot({
      backupKey: process.env.BACKUP_KEY,
      dataDirs,
      destinations: { vault: localDirectory(vault) },
      page: true,
      restoreOverHttp: true,
    }),
  ],
  controllers: [AuthController, ProjectsController],
})
export class AppModule {}

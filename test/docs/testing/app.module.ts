import { type CanActivate, type ExecutionContext, Injectable, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule } from 'nestjs-backup';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Note {
  @PrimaryGeneratedColumn() id!: number;
  @Column() text!: string;
}

/** Stands in for your authentication. */
@Injectable()
class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: object }>();
    const name = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (name) request.user = { name, isSystemUser: name === 'ops' };
    return true;
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'sqljs', entities: [Note], synchronize: true }),
    BackupModule.forRootAsync({
      // Called when the application starts, not when this file is imported.
      useFactory: () => ({
        backupKey: process.env.BACKUP_KEY,
        dataDirs: { uploads: process.env.UPLOADS ?? 'uploads' },
      }),
      guards: [LoginGuard],
    }),
  ],
})
export class AppModule {}

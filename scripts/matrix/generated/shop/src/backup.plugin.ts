import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Permission, PluginCommonModule, SessionService, VendurePlugin } from '@vendure/core';
import { BackupModule, localDirectory } from 'nestjs-backup';

/** Who is logged in to the Admin API; administrators who may do everything are the system users. */
@Injectable()
export class AdministratorGuard implements CanActivate {
  constructor(private readonly sessions: SessionService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const [scheme, token] = String(request.headers.authorization).split(' ');
    const session = scheme === 'Bearer' ? await this.sessions.getSessionFromToken(token) : undefined;
    request.user = session?.user && {
      id: session.user.id,
      isSystemUser: session.user.channelPermissions.some(({ permissions }) =>
        permissions.includes(Permission.SuperAdmin),
      ),
    };
    return true;
  }
}

@VendurePlugin({
  compatibility: '^3.0.0',
  imports: [
    PluginCommonModule,
    BackupModule.forRoot({
      backupKey: process.env.BACKUP_KEY,
      encryptionKey: () => process.env.BACKUP_AES_KEY!,
      dataDirs: { assets: 'static/assets' },
      destinations: { vault: localDirectory('vault') },
      guards: [AdministratorGuard],
    }),
  ],
  providers: [AdministratorGuard],
})
export class BackupPlugin {}

/** What is written into a project that `nest new` made: the application, and then the library's module. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const APPLICATION = join(import.meta.dirname, 'application');
/** Puts the application into the project whose sources are in `sources`. */
export async function addApplication(sources, { esm }) {
  for (const entry of await readdir(APPLICATION, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(sources, from.slice(APPLICATION.length));
    await mkdir(dirname(to), { recursive: true });
    const code = await readFile(from, 'utf8');
    // ES modules are imported by the name of the file that will be there.
    await writeFile(to, esm ? code.replaceAll(/ from '(\.\.?\/[^']+)'/g, " from '$1.js'") : code);
  }
  await editModule(
    sources,
    'ApplicationModule',
    `import { ApplicationModule } from './application.module${esm ? '.js' : ''}';`,
  );
}

/** The one change that a user makes for the library. */
export async function addBackups(sources, { esm }) {
  const extension = esm ? '.js' : '';
  const imported = [
    `import { BackupModule, localDirectory } from 'nestjs-backup';`,
    `import { BackupScheduleModule } from 'nestjs-backup/schedule';`,
    `import { JwtAuthGuard } from './auth/jwt-auth.guard${extension}';`,
    `import { ScheduleModule } from '@nestjs/schedule';`,
  ].join('\n');
  const modules = `ApplicationModule,
    BackupModule.forRoot({
      backupKey: process.env.BACKUP_KEY,
      encryptionKey: () => process.env.BACKUP_AES_KEY!,
      dataDirs: { uploads: process.env.UPLOADS ?? 'uploads' },
      destinations: { vault: localDirectory(process.env.VAULT ?? 'vault') },
      guards: [JwtAuthGuard],
    }),
    ScheduleModule.forRoot(),
    BackupScheduleModule.forRoot({ schedules: [{ cron: '0 3 * * *', destinations: ['vault'], catchUp: false }] }),`;
  await editModule(sources, modules, imported);
}

/** Sets the imports of the generated AppModule. */
async function editModule(sources, modules, imported) {
  const path = join(sources, 'app.module.ts');
  const code = await readFile(path, 'utf8');
  const edited = code.replace(/imports: \[[^\]]*\]/, `imports: [\n    ${modules}\n  ]`);
  if (edited === code) throw new Error(`the generated module has no imports:\n${code}`);
  await writeFile(path, `${imported}\n${edited}`);
}

/** A host of the Nest command line: from `nest new` to its restore. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase } from '../databases.mjs';
import { contentsOf } from './contents.mjs';
import { generate } from './generate.mjs';
import { live } from './life.mjs';
import { pnpm } from './pnpm.mjs';
import * as users from './users.mjs';

export async function liveGenerated(recipe, stages, parent, tarball) {
  await mkdir(parent, { recursive: true });
  const { options, drop } = await createDatabase('postgres', parent);
  const env = {
    DATABASE_URL: options.url,
    BACKUP_KEY: randomBytes(24).toString('hex'),
    BACKUP_AES_KEY: randomBytes(32).toString('hex'),
    ADMIN_PASSWORD: users.ADMIN_PASSWORD,
    ...(recipe.workspace ? await pnpm(parent) : {}),
  };
  try {
    const folder = await generate(stages, recipe, parent, tarball, env);
    await live(stages, {
      ...recipe,
      folder,
      env,
      users,
      contents: contentsOf(options),
      files: join(folder, 'uploads'),
      path: 'utils/backup/',
    });
  } finally {
    await drop();
  }
}

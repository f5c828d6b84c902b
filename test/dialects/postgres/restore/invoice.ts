import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { EntitySchema } from 'typeorm';
import type { BackupApp } from '../../../fixtures/backup.js';

/** The table of an application in a schema of its own. */
export const Invoice = new EntitySchema({
  name: 'Invoice',
  tableName: 'invoice',
  schema: 'mine',
  columns: { id: { type: Number, primary: true, generated: 'increment' }, text: { type: String } },
});

export async function backUp(app: BackupApp) {
  const { stream, manifest } = await app.service.create();
  const archive = await buffer(stream);
  return { archive, manifest: await manifest };
}
export const restore = (app: BackupApp, archive: Buffer, options: object = { replace: true }) =>
  app.get(RestoreService).restore(Readable.from([archive]), options);

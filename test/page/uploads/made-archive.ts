import { BackupService, type CreateBackupOptions } from 'nestjs-backup';
import type { Host } from '../../fixtures/host.js';

/** A backup as its client has downloaded it. */
export interface MadeArchive {
  readonly id: string;
  readonly filename: string;
  readonly archive: Buffer;
}

export async function madeArchive(host: Host, options: CreateBackupOptions = {}): Promise<MadeArchive> {
  const { id, filename, stream } = await host.app.get(BackupService, { strict: false }).create(options);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { id, filename, archive: Buffer.concat(chunks) };
}

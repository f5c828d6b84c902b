import { rm } from 'node:fs/promises';

export default async function globalTeardown() {
  const postgres = globalThis.__testPostgres;
  if (!postgres) return;
  await postgres.server.stop();
  await rm(postgres.base, { recursive: true, force: true });
}

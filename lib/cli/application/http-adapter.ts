import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { AbstractHttpAdapter } from '@nestjs/core';

const PLATFORMS = [
  ['@nestjs/platform-express', 'ExpressAdapter'],
  ['@nestjs/platform-fastify', 'FastifyAdapter'],
] as const;

/**
 * The adapter of the platform that the application has installed, for providers that inject it; it never listens.
 * @param file of the application, absolute
 * @returns null where there is none, as in a microservice
 */
export async function httpAdapterOf(file: string): Promise<AbstractHttpAdapter | null> {
  const { resolve } = createRequire(file);
  for (const [name, adapter] of PLATFORMS) {
    try {
      const platform = (await import(pathToFileURL(resolve(name)).href)) as Record<
        string,
        new () => AbstractHttpAdapter
      >;
      return new platform[adapter]!();
    } catch {
      // Not installed, or not completely.
    }
  }
  return null;
}

import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EntityManager } from 'typeorm';
import { AppModule } from './app.module.js';
import { Author, Book } from './entities.js';

/** Prints one line of JSON: the address, and the paths of the OpenAPI document where there can be one. */
async function start(): Promise<void> {
  const adapter = process.env.ADAPTER === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: ['error', 'warn'] });
  app.setGlobalPrefix('api/v1').enableShutdownHooks();
  if (process.env.SEED) await seed(app.get(EntityManager));
  const documented = await document(app);
  await app.listen(0, '127.0.0.1');
  console.log(JSON.stringify({ url: await app.getUrl(), documented }));
}

async function seed(manager: EntityManager): Promise<void> {
  const authors = ['Ada', 'Žofie', '李'].map((name, i) => ({
    name,
    tags: Array.from({ length: i }, (_, tag) => `#${tag}`),
  }));
  await manager.save(Author, authors);
  const books = Array.from({ length: 200 }, (_, i) => ({
    title: `Book ${String(i).padStart(3, '0')}`,
    isbn: String(9_007_199_254_740_993n + BigInt(i)),
    note: i % 2 ? null : `"quoted", \\ and\nbroken ${i}`,
    author: authors[i % 3],
  }));
  await manager.save(Book, books as Book[]);
}

async function document(app: INestApplication): Promise<string[] | null> {
  const name: string = '@nestjs/swagger';
  const swagger = await import(name).catch(() => undefined);
  if (!swagger) return null;
  const { paths } = swagger.SwaggerModule.createDocument(app, new swagger.DocumentBuilder().build());
  return Object.keys(paths).filter((path) => paths[path].post?.responses['200'].content['application/zip']);
}

start().catch((error) => {
  console.error(error);
  process.exit(1);
});

import { NestFactory } from '@nestjs/core';
import { EntityManager } from 'typeorm';
import { AppModule, dataDirs } from './app.module.js';
import { session } from './auth.js';
import { seed } from './seed.js';

const app = await NestFactory.create(AppModule);
await app.get(EntityManager).transaction((manager) => seed(manager, dataDirs));
app.setGlobalPrefix('api/v1').use(session).enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1');
const url = `${await app.getUrl()}/api/v1`;
console.log(`The sample app listens on ${url}`);
console.log(`The page of its backups, after logging in: ${url}/auth/login`);

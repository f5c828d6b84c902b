/** Run in a host's folder: its OpenAPI document must have the endpoint. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const fromHost = createRequire(join(process.cwd(), 'package.json'));
const load = (path) => import(pathToFileURL(path).href);
const { NestFactory } = await load(fromHost.resolve('@nestjs/core'));
const { DocumentBuilder, SwaggerModule } = await load(fromHost.resolve('@nestjs/swagger'));
const { AppModule } = await load(join(process.cwd(), process.argv[2]));

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
const responses = paths['/utils/backup']?.post?.responses;
await app.close();
if (!responses?.['200']?.content?.['application/zip']) {
  throw new Error(`The document has ${JSON.stringify(responses)}.`);
}

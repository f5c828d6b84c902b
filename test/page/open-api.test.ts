import SwaggerParser from '@apidevtools/swagger-parser';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TIME_FORM } from '../../lib/http/query.js';
import { describeEachAdapter } from '../fixtures/host.js';

interface Described {
  readonly summary: string;
  readonly requestBody?: object;
  readonly responses: object;
}

describeEachAdapter('The OpenAPI document of a host with the page', ({ start }) => {
  it('is valid, and has its routes with bodies, answers and codes', async () => {
    const { app } = await start({ extras: { page: true } });
    const document = SwaggerModule.createDocument(
      app,
      new DocumentBuilder().setTitle('Host').setVersion('1.0').build(),
    );
    await SwaggerParser.validate(structuredClone(document) as never);
    const P = '/api/v1/utils/backup';
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({
        name: `${method.toUpperCase()} ${path.slice(P.length)}`,
        route,
      })),
    );
    expect(routes.map(({ name }) => name).toSorted()).toEqual([
      'DELETE /runs/{id}',
      'DELETE /uploads/{destination}/{id}',
      'GET /backups',
      'GET /backups/{destination}/{id}',
      'GET /downloads/{token}',
      'GET /events',
      'GET /page',
      'GET /page/{file}',
      'GET /status',
      'GET /uploads',
      'GET /uploads/{destination}/{id}',
      'HEAD /downloads/{token}',
      'HEAD /uploads/{destination}/{id}',
      'OPTIONS /uploads',
      'PATCH /uploads/{destination}/{id}',
      'POST ',
      'POST /links',
      'POST /tests',
      'POST /uploads',
      'POST /uploads/{destination}/{id}/check',
    ]);
    for (const { name, route } of routes) {
      const { summary, requestBody, responses } = route as Described;
      expect([name, summary.length > 0]).toEqual([name, true]);
      expect([name, requestBody !== undefined]).toEqual([name, !/^(GET|HEAD|OPTIONS|DELETE .uploads)/.test(name)]);
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401', '403', '404'])]);
    }
    const download = document.paths[`${P}/downloads/{token}`]!.get!.responses;
    expect(download[410]).toMatchObject({ description: 'Code: `LINK_EXPIRED`.' });
    expect(download[416]).toMatchObject({ description: 'Code: `RANGE_NOT_SATISFIABLE`.' });
    const { parameters } = document.paths[`${P}/backups`]!.get!;
    expect(parameters).toMatchObject([
      { name: 'destination', in: 'query', required: false, schema: { type: 'string' } },
      { name: 'before', in: 'query', required: false, description: expect.stringContaining(TIME_FORM) },
      { name: 'limit', in: 'query', required: false, schema: { type: 'integer' } },
    ]);
    const { pattern } = (parameters as Array<{ schema: { pattern: string } }>)[1]!.schema;
    expect(new RegExp(pattern).test(new Date().toISOString())).toBe(true);
    const piece = document.paths[`${P}/uploads/{destination}/{id}`]!.patch!;
    expect(Object.keys((piece.requestBody as { content: object }).content)).toEqual([
      'application/offset+octet-stream',
    ]);
    expect(piece.responses[415]).toMatchObject({ description: 'Code: `NOT_PIECE`.' });
    const link = document.paths[`${P}/links`]!.post!;
    expect(link.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['key', 'destination', 'id'] } } },
    });
  });
});

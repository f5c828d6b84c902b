import type { FactoryProvider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BackupController } from './backup.controller.js';
import { CreateBackupDto } from './create-backup.dto.js';

type Swagger = typeof import('@nestjs/swagger');

const BINARY = { schema: { type: 'string', format: 'binary' } } as const;
const DONE = {
  type: 'object' as const,
  required: ['ok'],
  properties: { ok: { type: 'boolean' as const, enum: [true] } },
};
const text = (description: string) => ({ description, schema: { type: 'string' } as const });

const line = { type: 'string' as const };
const STORING = { type: 'object' as const, required: ['id'], properties: { id: line } };
/** The JSON answer of every refusal. */
const REFUSAL = {
  type: 'object' as const,
  required: ['statusCode', 'message'],
  properties: {
    statusCode: { type: 'integer' as const },
    message: { oneOf: [line, { type: 'array' as const, items: line }], description: 'For a body, one line a field.' },
    error: { ...line, description: 'The name of the status.' },
    code: { ...line, description: 'The code of a `BackupError`.' },
  },
};

const REFUSALS: Array<[status: number, description: string]> = [
  [400, 'A field of the body is missing, unknown or malformed; values are never echoed.'],
  [401, 'Nobody is logged in.'],
  [403, 'The user is not a system user, or the backup key is wrong.'],
  [404, 'The feature is off, or no backup key is configured.'],
  [409, 'Another backup or restore of this database runs.'],
  [415, 'The body is not application/json.'],
  [500, 'The backup failed before its first byte.'],
  [503, 'The database does not answer, or stays locked.'],
];

/**
 * Makes the endpoint part of the host's OpenAPI document where @nestjs/swagger, an optional peer, is installed. A
 * provider, because it is made before any document is; not at import, because only a dynamic import can find a package
 * missing, and one that is awaited at the top level would shut out CommonJS hosts.
 */
export const openApiProvider: FactoryProvider = {
  provide: Symbol('nestjs-backup:open-api'),
  inject: [HttpAdapterHost],
  // Without an HTTP server, as on the command line, there is no document.
  useFactory: ({ httpAdapter }: HttpAdapterHost) => (httpAdapter ? (described ??= describe()) : undefined),
};

/** The controller and the DTO exist once, however many modules and applications use them. */
let described: Promise<void> | undefined;

async function describe(): Promise<void> {
  const swagger = await import('@nestjs/swagger').catch(() => undefined);
  if (!swagger) return;
  describeBody(swagger);
  describeEndpoint(swagger);
}

function describeBody({ ApiProperty }: Swagger): void {
  const aesKey =
    '256-bit AES key that encrypts the archive: 64 hexadecimal digits, or base64 of exactly 32 bytes. Without it the archive is a plain ZIP.';
  const check = '`true` checks that a backup could be made with these credentials, and makes none.';
  const body = CreateBackupDto.prototype;
  ApiProperty({ type: String, description: 'The backup key.' })(body, 'key');
  ApiProperty({ type: String, required: false, nullable: true, description: aesKey })(body, 'aes_key');
  const destination = 'Name of a destination of the application: stores the backup there instead of answering with it.';
  ApiProperty({ type: String, required: false, nullable: true, description: destination })(body, 'destination');
  ApiProperty({ type: Boolean, required: false, description: check })(body, 'check');
}

function describeEndpoint(swagger: Swagger): void {
  const { ApiBody, ApiOperation, ApiResponse, ApiTags } = swagger;
  const { prototype } = BackupController;
  const create = Object.getOwnPropertyDescriptor(prototype, 'create')!;
  const retryAfter = { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' as const } } };
  const decorators = [
    ApiOperation({
      summary: 'Back up the application',
      description:
        'Streams an archive of the database and the uploaded files. A connection that breaks leaves a broken archive.',
    }),
    ApiBody({ type: CreateBackupDto }),
    ApiResponse({
      status: 200,
      description: 'The archive: a ZIP, encrypted with `aes_key`; with `check: true` only that one could be made.',
      headers: {
        'Content-Disposition': text('`attachment` with the name: `backup-<UTC time>.zip`, encrypted `….zip.crypt`.'),
        'X-Backup-Id': text('The id that stands in the manifest, the log and the events.'),
      },
      content: { 'application/zip': BINARY, 'application/octet-stream': BINARY, 'application/json': { schema: DONE } },
    }),
    ApiResponse({
      status: 202,
      description: 'With `destination`: the backup has begun, or is in the queue, and goes on without the client.',
      schema: STORING,
    }),
    ...REFUSALS.map(([status, description]) => ApiResponse({ status, description, schema: REFUSAL })),
    ApiResponse({
      status: 429,
      description: 'There were too many wrong backup keys lately; the right one is refused too.',
      headers: retryAfter,
      schema: REFUSAL,
    }),
  ];
  for (const decorate of decorators) decorate(prototype, 'create', create);
  ApiTags('backup')(BackupController);
}

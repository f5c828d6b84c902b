import type { FactoryProvider } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { BackupController } from './backup.controller.js';
import { CreateBackupDto } from './create-backup.dto.js';
import { ERROR_STATUS } from './error-response.js';
import { REFUSAL_STATUS } from './refusal-codes.js';

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
  required: ['statusCode', 'error', 'code', 'message'],
  properties: {
    statusCode: { type: 'integer' as const },
    message: { oneOf: [line, { type: 'array' as const, items: line }], description: 'For a body, one line a field.' },
    error: { ...line, description: 'The name of the status.' },
    code: { ...line, description: 'Stable; docs/errors.md of nestjs-backup has a section for each.' },
  },
};

const REFUSALS: Array<[status: number, description: string]> = [
  [400, 'A field of the body is missing, unknown or malformed; values are never echoed.'],
  [401, 'Nobody is logged in.'],
  [403, 'The user is not a system user, or the backup key is wrong.'],
  [404, 'The feature is off, or no backup key is configured.'],
  [409, 'Another backup or restore of this database runs.'],
  [415, 'The body is not application/json.'],
  [429, 'There were too many wrong backup keys lately; the right one is refused too.'],
  [500, 'The backup failed before its first byte. Beside those of other errors:'],
  [503, 'The database does not answer, or stays locked.'],
];

const RETRY_AFTER = { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' as const } } };

/** What is said of a status, with its codes. */
function withCodes(status: number, description: string): string {
  const codes = Object.entries({ ...ERROR_STATUS, ...REFUSAL_STATUS }).filter(([, one]) => one === status);
  return `${description} Code: ${codes.map(([code]) => `\`${code}\``).join(' or ')}.`;
}

/**
 * Makes the endpoint part of the host's OpenAPI document where @nestjs/swagger is installed, which is no peer. A
 * provider, because it is made before any document is; not at import, because the
 * package may be missing.
 */
export const openApiProvider: FactoryProvider = {
  provide: Symbol('nestjs-backup:open-api'),
  inject: [HostNest],
  // Without an HTTP server, as on the command line, there is no document.
  useFactory: ({ adapterHost }: HostNest) => (adapterHost.httpAdapter ? (described ??= describe()) : undefined),
};

/** The controller and the DTO exist once, however many modules and applications use them. */
let described: Promise<void> | undefined;

async function describe(): Promise<void> {
  const swagger = await loadSwagger();
  if (!swagger) return;
  describeBody(swagger);
  describeEndpoint(swagger);
}

async function loadSwagger(): Promise<Swagger | undefined> {
  try {
    return typeof require === 'function' ? require('@nestjs/swagger') : await import('@nestjs/swagger');
  } catch {
    return undefined;
  }
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
    ...REFUSALS.map(([status, description]) =>
      ApiResponse({
        status,
        description: withCodes(status, description),
        schema: REFUSAL,
        ...(status === 429 && { headers: RETRY_AFTER }),
      }),
    ),
  ];
  for (const decorate of decorators) decorate(prototype, 'create', create);
  ApiTags('backup')(BackupController);
}

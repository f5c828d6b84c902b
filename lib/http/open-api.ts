import type { FactoryProvider } from '@nestjs/common';
import { MOST_RECIPIENTS } from '../crypto/age/recipients.js';
import { HostNest } from '../host/host-nest.js';
import { BackupController } from './backup.controller.js';
import { CreateBackupDto } from './create-backup.dto.js';
import { ERROR_STATUS } from './error-response.js';
import { REFUSAL_STATUS } from './refusal-codes.js';

export type Swagger = typeof import('@nestjs/swagger');

const BINARY = { schema: { type: 'string', format: 'binary' } } as const;
const DONE = {
  type: 'object' as const,
  required: ['ok'],
  properties: { ok: { type: 'boolean' as const, enum: [true] } },
};
const text = (description: string) => ({ description, schema: { type: 'string' } as const });

const line = { type: 'string' as const };
const STORING = { type: 'object' as const, required: ['id'], properties: { id: line } };
/** The JSON body of every refusal. */
export const REFUSAL = {
  type: 'object' as const,
  required: ['statusCode', 'error', 'code', 'message'],
  properties: {
    statusCode: { type: 'integer' as const },
    message: {
      oneOf: [line, { type: 'array' as const, items: line }],
      description: 'For an invalid body, one line per field.',
    },
    error: { ...line, description: 'The name of the status.' },
    code: { ...line, description: 'Stable; docs/errors.md of nestjs-backup has a section for each.' },
  },
};

const REFUSALS: Array<[status: number, description: string]> = [
  [400, 'A field of the body is missing, unknown or malformed; values are never echoed.'],
  [401, 'Nobody is logged in.'],
  [403, 'The user is not a system user, or the backup key is wrong.'],
  [404, 'The feature is off, or no backup key is configured.'],
  [409, 'Another backup or restore of this database is running.'],
  [415, 'The body is not application/json.'],
  [429, 'There were too many wrong backup keys recently; even the right one is refused.'],
  [500, 'The backup failed before its first byte. Besides the codes of other errors:'],
  [503, 'The database does not answer, or stays locked.'],
];

const RETRY_AFTER = { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' as const } } };

/** The description of a status, with its codes. */
function withCodes(status: number, description: string): string {
  const codes = Object.entries({ ...ERROR_STATUS, ...REFUSAL_STATUS }).filter(([, one]) => one === status);
  return `${description} Code: ${codes.map(([code]) => `\`${code}\``).join(' or ')}.`;
}

/**
 * Adds the endpoint to the application's OpenAPI document if @nestjs/swagger, which is not a peer dependency, is installed.
 * A provider, because providers are created before any document; not at import, because the package may be missing.
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

/** @returns undefined when the application does not have it */
export async function loadSwagger(): Promise<Swagger | undefined> {
  try {
    return typeof require === 'function' ? require('@nestjs/swagger') : await import('@nestjs/swagger');
  } catch {
    return undefined;
  }
}

function describeBody({ ApiProperty }: Swagger): void {
  const aesKey =
    '256-bit AES key that encrypts the archive: 64 hexadecimal digits, or base64 of exactly 32 bytes. Without it the archive is an unencrypted ZIP.';
  const check = '`true` only checks that these credentials could make a backup.';
  const body = CreateBackupDto.prototype;
  ApiProperty({ type: String, description: 'The backup key.' })(body, 'key');
  ApiProperty({ type: String, required: false, nullable: true, description: aesKey })(body, 'aes_key');
  const recipients =
    'Age recipients that the archive is encrypted to, instead of an AES key: whoever has the identity of one of them can open it.';
  ApiProperty({
    type: [String],
    required: false,
    nullable: true,
    minItems: 1,
    maxItems: MOST_RECIPIENTS,
    description: recipients,
  })(body, 'recipients');
  const destination = 'Name of a destination of the application: the backup is stored there instead of being sent.';
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
        'Streams an archive of the database and the uploaded files. If the connection breaks, the archive is unusable.',
    }),
    ApiBody({ type: CreateBackupDto }),
    ApiResponse({
      status: 200,
      description:
        'The archive: a ZIP, encrypted if `aes_key` or `recipients` are given; with `check: true`, only that one could be made.',
      headers: {
        'Content-Disposition': text(
          '`attachment` with the file name: `backup-<UTC time>.zip`, or `….zip.crypt` if encrypted, `….zip.age` if to recipients.',
        ),
        'X-Backup-Id': text('The id of the backup in the manifest, the log and the events.'),
      },
      content: { 'application/zip': BINARY, 'application/octet-stream': BINARY, 'application/json': { schema: DONE } },
    }),
    ApiResponse({
      status: 202,
      description: 'With `destination`: the backup has started or is queued, and continues without the client.',
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

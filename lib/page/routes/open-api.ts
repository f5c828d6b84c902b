import type { FactoryProvider, Type } from '@nestjs/common';
import { HostNest } from '../../host/host-nest.js';
import { loadSwagger, REFUSAL, type Swagger } from '../../http/open-api.js';
import { TIME_FORM } from '../../http/query.js';
import { REFUSAL_STATUS } from '../../http/refusal-codes.js';
import { UTC_TIME_PATTERN } from '../../support/utc-time.js';
import { PAGE_STATUS } from './page-errors.js';
import { PIECE_TYPE } from './tus.js';
import { UPLOAD_STATUS } from './upload-errors.js';

const TEXT = { type: 'string' } as const;
const WHOLE = { type: 'integer' } as const;
const TIME = { type: 'string', format: 'date-time', pattern: UTC_TIME_PATTERN } as const;
const BACKUP = { destination: TEXT, id: TEXT } as const;
const OBJECT = { type: 'object', additionalProperties: true } as const;
const BINARY = { schema: { type: 'string', format: 'binary' } } as const;

const STATUS = { ...REFUSAL_STATUS, ...PAGE_STATUS, ...UPLOAD_STATUS, UPLOAD_REFUSED: 409 } as const;
type Codes = ReadonlyArray<keyof typeof STATUS>;
const SEEING: Codes = ['NOT_FOUND', 'NOT_LOGGED_IN', 'NOT_SYSTEM_USER'];
const DOING: Codes = [...SEEING, 'NOT_JSON', 'KEY_MISSING', 'INVALID_BODY', 'TOO_MANY_WRONG_KEYS', 'WRONG_KEY'];

/** How a route is described. */
interface Route {
  readonly summary: string;
  /** Properties of the JSON body beside `key`; only for what does something. */
  readonly body?: Readonly<Record<string, { readonly type: 'string' | 'boolean' | 'integer' }>>;
  /** Those of `body` that may be left out. */
  readonly optional?: readonly string[];
  /** Parameters of the query, all of which may be left out. */
  readonly query?: Readonly<
    Record<string, readonly [schema: typeof TEXT | typeof WHOLE | typeof TIME, description: string]>
  >;
  readonly status: number;
  readonly answer: string;
  /** The media type of a body that is not JSON. */
  readonly takes?: string;
  /** Default: JSON. */
  readonly content?: Readonly<Record<string, object>>;
  readonly codes?: Codes;
}

/** By the names of the handlers' methods. */
export const ROUTES: Readonly<Record<string, Route>> = {
  page: {
    summary: 'The page of the backups',
    status: 200,
    answer: 'The page.',
    content: { 'text/html': { schema: TEXT } },
  },
  file: { summary: 'A file of the page', status: 200, answer: 'The file.', content: { '*/*': BINARY } },
  status: { summary: 'What is known of the backups', status: 200, answer: 'The state.' },
  backups: {
    summary: 'Stored backups, newest first',
    query: {
      destination: [TEXT, 'Only those of this destination.'],
      before: [TIME, `Only those that started before it: ${TIME_FORM}; \`next\` of the page before.`],
      limit: [WHOLE, 'How many at most, from 1 to 200; 50 by default. Those of one time stay together.'],
    },
    status: 200,
    answer: 'A page of them.',
    codes: ['INVALID_BODY', 'BACKUP_NOT_FOUND'],
  },
  content: {
    summary: 'What is in a stored backup',
    status: 200,
    answer: 'Its tables, directories and warnings.',
    codes: ['BACKUP_NOT_FOUND'],
  },
  events: {
    summary: 'What happens, live',
    status: 200,
    answer: 'Server-sent events: `status`, `progress`, `run`.',
    content: { 'text/event-stream': { schema: TEXT } },
  },
  link: {
    summary: 'Make a link to a stored backup',
    body: BACKUP,
    status: 201,
    answer: 'The link, and when it expires.',
    codes: ['BACKUP_NOT_FOUND'],
  },
  head: { summary: 'The size and the tag of a stored backup', status: 200, answer: 'Headers.', content: {} },
  get: {
    summary: 'Download a stored backup',
    status: 200,
    answer: 'The archive as it is stored; 206 for a range of it.',
    content: { 'application/zip': BINARY, 'application/octet-stream': BINARY },
    codes: ['LINK_INVALID', 'LINK_NOT_YOURS', 'LINK_EXPIRED', 'BACKUP_NOT_FOUND', 'RANGE_NOT_SATISFIABLE'],
  },
  test: {
    summary: 'Restore a stored backup beside the application, as a test',
    body: BACKUP,
    status: 202,
    answer: 'The id of the run.',
    codes: ['BACKUP_NOT_FOUND'],
  },
  restore: {
    summary: 'Plan a restore of the running application, or begin it',
    body: { ...BACKUP, plan: { type: 'boolean' }, confirm: TEXT, identity: TEXT },
    optional: ['plan', 'confirm', 'identity'],
    status: 202,
    answer: 'The id of the restore; 200 and the plan with `plan: true`.',
    codes: ['BACKUP_NOT_FOUND', 'NOT_CONFIRMED'],
  },
  undo: {
    summary: 'Restore what the last restore has replaced',
    body: { identity: TEXT },
    optional: ['identity'],
    status: 202,
    answer: 'The id of the undo.',
    codes: ['RESTORE_NOT_FOUND'],
  },
  cancel: {
    summary: 'End a run early',
    body: {},
    status: 202,
    answer: 'The id of the run.',
    codes: ['RUN_NOT_FOUND'],
  },
  begin: {
    summary: 'Begin to upload a backup',
    body: {
      destination: TEXT,
      filename: TEXT,
      size: { type: 'integer' },
      lastModified: { type: 'integer' },
      plaintext: { type: 'boolean' },
    },
    optional: ['lastModified', 'plaintext'],
    status: 201,
    answer: 'The upload, and in `Location` where its pieces are sent.',
    codes: ['BACKUP_NOT_FOUND', 'UPLOAD_REFUSED'],
  },
  list: { summary: 'The unfinished uploads of the user', status: 200, answer: 'The uploads, newest first.' },
  protocol: { summary: 'The version of the tus protocol', status: 204, answer: 'Headers.', content: {} },
  offset: {
    summary: 'How much of an upload has arrived (tus)',
    status: 200,
    answer: 'Headers: `Upload-Offset`, `Upload-Length`.',
    content: {},
    codes: ['UPLOAD_NOT_FOUND', 'TUS_VERSION'],
  },
  state: {
    summary: 'How far an upload is, and how its check ended',
    status: 200,
    answer: 'The upload.',
    codes: ['UPLOAD_NOT_FOUND'],
  },
  piece: {
    summary: 'Send a piece of an upload (tus)',
    takes: PIECE_TYPE,
    status: 204,
    answer: 'Headers: `Upload-Offset`.',
    content: {},
    codes: [
      ...(['UPLOAD_NOT_FOUND', 'UPLOAD_OFFSET', 'UPLOAD_OVER', 'UPLOAD_BUSY', 'UPLOAD_TOO_LONG'] as const),
      ...(['TUS_VERSION', 'NOT_PIECE', 'INVALID_BODY', 'BODY_TAKEN', 'UPLOAD_REFUSED'] as const),
    ],
  },
  remove: {
    summary: 'Remove an upload (tus)',
    status: 204,
    answer: 'It is gone.',
    content: {},
    codes: ['UPLOAD_NOT_FOUND', 'UPLOAD_BUSY', 'TUS_VERSION'],
  },
  check: {
    summary: 'Check a complete upload, and store it as a backup',
    body: { aes_key: TEXT, identity: TEXT },
    optional: ['aes_key', 'identity'],
    status: 202,
    answer: 'The id of the run, which is that of the upload.',
    codes: ['UPLOAD_NOT_FOUND', 'UPLOAD_OVER', 'UPLOAD_BUSY', 'UPLOAD_INCOMPLETE', 'UPLOAD_REFUSED'],
  },
};

/** Describes the page's routes in the application's OpenAPI document, if it has @nestjs/swagger. */
export function pageOpenApiProvider(controllers: readonly Type[]): FactoryProvider {
  return {
    provide: Symbol('nestjs-backup:page-open-api'),
    inject: [HostNest],
    useFactory: async ({ adapterHost }: HostNest) => {
      const swagger = adapterHost.httpAdapter ? await loadSwagger() : undefined;
      if (swagger) for (const controller of controllers) describe(swagger, controller);
    },
  };
}

function describe(swagger: Swagger, { prototype }: Type): void {
  for (const [name, method] of Object.entries(Object.getOwnPropertyDescriptors(prototype as object))) {
    const route = ROUTES[name];
    if (route) for (const decorate of decorators(swagger, route)) decorate(prototype as object, name, method);
  }
  swagger.ApiTags('backup')(prototype.constructor);
}

function decorators(swagger: Swagger, route: Route): MethodDecorator[] {
  const { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiResponse } = swagger;
  const { summary, query = {}, body, takes, optional = [], status, answer, codes = [] } = route;
  const content = route.content ?? { 'application/json': { schema: OBJECT } };
  const statuses = byStatus([...(body ? DOING : SEEING), ...codes]);
  const required = ['key', ...Object.keys(body ?? {}).filter((name) => !optional.includes(name))];
  return [
    ApiOperation({ summary }),
    ApiResponse({ status, description: answer, content: content as never }),
    ...(body ? [ApiBody({ schema: { type: 'object', required, properties: { key: TEXT, ...body } } })] : []),
    ...Object.entries(query).map(([name, [schema, description]]) =>
      ApiQuery({ name, required: false, schema, description }),
    ),
    ...(takes ? [ApiConsumes(takes), ApiBody(BINARY)] : []),
    ...statuses.map(([refused, names]) =>
      ApiResponse({ status: refused, description: `Code: ${names.join(' or ')}.`, schema: REFUSAL }),
    ),
  ];
}

function byStatus(codes: Codes): Array<[status: number, codes: string[]]> {
  const statuses = new Map<number, string[]>();
  for (const code of codes) {
    const status = STATUS[code];
    statuses.set(status, [...(statuses.get(status) ?? []), `\`${code}\``]);
  }
  return [...statuses].toSorted(([one], [other]) => one - other);
}

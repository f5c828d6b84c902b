import { BackupError } from '../../errors/backup-error.js';
import { keyServiceFailed } from '../../errors/key-errors.js';
import { withDeadline } from '../../support/deadline.js';
import type { Age } from './load-age.js';
import type { KeyService } from './recipient.js';

type AgeRecipient = Exclude<Parameters<InstanceType<Age['Encrypter']>['addRecipient']>[0], string>;
/** As the library takes it. */
export interface AgeIdentity {
  unwrapFileKey(stanzas: ReadonlyArray<InstanceType<Age['Stanza']>>): Promise<Uint8Array | null>;
}

/** The type of its stanza, which other programs pass over. Its only argument is the id, its body what was wrapped. */
const STANZA = 'github.com/nestjs-backup/key-service';
const ID = /^[\x21-\x7e]{1,2048}$/;
const FILE_KEY_BYTES = 16;
const MOST_WRAPPED_BYTES = 64 * 1024;

/** Why a value is not a key service; undefined when it is one. */
export function keyServiceProblem(given: unknown): string | undefined {
  const { id, wrap, unwrap } = (given ?? {}) as Partial<KeyService>;
  if (typeof wrap !== 'function' || typeof unwrap !== 'function') {
    return 'it is neither a string nor a key service, which has the methods wrap and unwrap';
  }
  const isId = typeof id === 'string' && ID.test(id);
  return isId ? undefined : 'its id (that of the key) is empty, or not printable ASCII without spaces';
}

/** @param timeout of each call, in milliseconds */
export function ageRecipientOf(service: KeyService, Stanza: Age['Stanza'], timeout: number): AgeRecipient {
  return {
    wrapFileKey: async (fileKey) => {
      const copy = Uint8Array.from(fileKey);
      try {
        const body = await called(service, 'wrap', timeout, copy);
        if (body.length > MOST_WRAPPED_BYTES) throw keyServiceFailed(service.id, 'what it has wrapped is too long');
        return [new Stanza([STANZA, service.id], body)];
      } finally {
        copy.fill(0);
      }
    },
  };
}

/** @param timeout of each call, in milliseconds */
export function ageIdentityOf(service: KeyService, timeout: number): AgeIdentity {
  return {
    unwrapFileKey: async (stanzas) => {
      const own = stanzas.find(({ args }) => args.length === 2 && args[0] === STANZA && args[1] === service.id);
      if (!own) return null;
      const fileKey = await called(service, 'unwrap', timeout, own.body);
      if (fileKey.length === FILE_KEY_BYTES) return fileKey;
      throw keyServiceFailed(service.id, 'what it has unwrapped is not a file key');
    },
  };
}

/** Third-party code: it may throw, hang, or return anything. */
async function called(
  service: KeyService,
  method: 'wrap' | 'unwrap',
  timeout: number,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const late = () =>
    keyServiceFailed(service.id, `its method ${method}() did not answer for ${timeout / 1000} seconds`);
  let answer: unknown;
  try {
    answer = await withDeadline(timeout, (async () => service[method](bytes))(), late);
  } catch (error) {
    throw error instanceof BackupError
      ? error
      : keyServiceFailed(service.id, (error as Error | undefined)?.message, error);
  }
  if (answer instanceof Uint8Array && answer.length > 0) return answer;
  throw keyServiceFailed(service.id, `its method ${method}() returned no bytes`);
}

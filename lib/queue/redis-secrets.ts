import { invalidOptionOf } from '../errors/usage-errors.js';

/** What may stand in the options of a connection, or in those of a client. */
interface Credentials {
  readonly url?: unknown;
  readonly password?: unknown;
  readonly sentinelPassword?: unknown;
  readonly options?: Credentials;
}

/** Redis' client would take anything but a URL for the path of a socket, and quote it in its errors. @throws BackupError */
export function checkRedisUrl(connection: object): void {
  const { url } = connection as Credentials;
  if (url === undefined || (typeof url === 'string' && /^rediss?:\/\//.test(url) && URL.canParse(url))) return;
  const remedy = 'Give redis://user:password@host:port, with what is special in the password percent-encoded.';
  throw invalidOptionOf('queue', 'connection.url', 'it is not a Redis URL', remedy);
}

/** A text of others without the passwords of a connection. */
export function withoutSecrets(text: string, connection: object): string {
  let clean = text;
  for (const secret of passwords(connection as Credentials)) clean = clean.replaceAll(secret, '***');
  return clean;
}

function passwords({ url, password, sentinelPassword, options }: Credentials): string[] {
  const encoded = typeof url === 'string' && URL.canParse(url) ? new URL(url).password : '';
  const own = [password, sentinelPassword, encoded, decoded(encoded)].filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  return options ? [...own, ...passwords(options)] : own;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

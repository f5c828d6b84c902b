import type { KMSClient, KMSClientConfig } from '@aws-sdk/client-kms';
import type { KeyService } from '../crypto/age/recipient.js';
import { missingPackage } from '../errors/usage-errors.js';

export interface AwsKmsOptions {
  /**
   * A symmetric key: its ARN, its id, or an alias. It stands in the header of each archive, which can be opened only where
   * the same text is configured.
   */
  readonly keyId: string;
  /**
   * Options of the SDK's client: `region`, `endpoint`, `credentials` and so on. What is omitted is determined by the SDK's
   * own chain (environment, profile, role of the machine).
   */
  readonly client?: KMSClientConfig;
  /** Names and values that KMS logs with each call, and that have to be the same when the key is unwrapped. @default none */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /**
   * How long a connection may be idle, in milliseconds, before a request is given up and sent again, `client.maxAttempts`
   * times in all (3). A `requestHandler` of your own has its own deadlines.
   * @default 10000
   */
  readonly timeout?: number;
}

type Sdk = typeof import('@aws-sdk/client-kms');

const DEFAULT_TIMEOUT_MS = 10_000;

const DENIED = 'the credentials do not permit this (kms:Encrypt to make backups, kms:Decrypt to open them)';
const CREDENTIALS = 'the credentials were rejected';
/** What an error means, by its name. */
const MEANINGS: Readonly<Record<string, string>> = {
  AccessDeniedException: DENIED,
  DisabledException: 'the key is disabled',
  KMSInvalidStateException: 'the state of the key does not allow its use, for example because it is to be deleted',
  KeyUnavailableException: 'the key is not available now',
  NotFoundException: 'there is no such key in this region (option client.region)',
  InvalidKeyUsageException: 'the key is not one for encryption',
  InvalidCiphertextException: 'it did not wrap this, or with another encryptionContext',
  IncorrectKeyException: 'another key has wrapped this',
  ThrottlingException: 'it refuses because of too many requests',
  LimitExceededException: 'it refuses because of too many requests',
  UnrecognizedClientException: CREDENTIALS,
  InvalidSignatureException: CREDENTIALS,
  IncompleteSignatureException: CREDENTIALS,
  ExpiredTokenException: 'the credentials have expired',
  CredentialsProviderError:
    'no credentials were found (option client.credentials, the environment, a profile or a role)',
  TimeoutError: 'it does not answer in time',
};
/** Ways a connection is lost, or never made. */
const CONNECTION = /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)\b/;

/** A key in the Key Management Service of AWS, as a recipient: one call for each backup, and one for each opening. */
export function awsKms(options: AwsKmsOptions): KeyService {
  return new AwsKms(options);
}

class AwsKms implements KeyService {
  private connection: Promise<{ readonly sdk: Sdk; readonly client: KMSClient }> | undefined;

  constructor(private readonly options: AwsKmsOptions) {}

  get id(): string {
    return this.options.keyId;
  }

  async wrap(fileKey: Uint8Array): Promise<Uint8Array> {
    const { keyId: KeyId, encryptionContext: EncryptionContext } = this.options;
    const { CiphertextBlob } = await this.asking(({ sdk, client }) =>
      client.send(new sdk.EncryptCommand({ KeyId, Plaintext: fileKey, EncryptionContext })),
    );
    return CiphertextBlob!;
  }

  async unwrap(CiphertextBlob: Uint8Array): Promise<Uint8Array> {
    const { keyId, encryptionContext: EncryptionContext } = this.options;
    // An alias may lead to another key by now; what was wrapped knows its own.
    const KeyId = /(^|:)alias\//.test(keyId) ? undefined : keyId;
    const { Plaintext } = await this.asking(({ sdk, client }) =>
      client.send(new sdk.DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext })),
    );
    return Plaintext!;
  }

  private async asking<Answer>(
    ask: (connection: { readonly sdk: Sdk; readonly client: KMSClient }) => Promise<Answer>,
  ): Promise<Answer> {
    const connection = await (this.connection ??= connect(this.options));
    try {
      return await ask(connection);
    } catch (error) {
      throw new Error(meaningOf(error), { cause: error });
    }
  }
}

async function connect({ client: given = {}, timeout = DEFAULT_TIMEOUT_MS }: AwsKmsOptions) {
  const sdk = await loadSdk();
  const isOwn = typeof (given.requestHandler as { handle?: unknown } | undefined)?.handle === 'function';
  const deadlines = { connectionTimeout: timeout, socketTimeout: timeout, ...(given.requestHandler as object) };
  const requestHandler = isOwn ? given.requestHandler : deadlines;
  return { sdk, client: new sdk.KMSClient({ ...given, requestHandler } as KMSClientConfig) };
}

async function loadSdk(): Promise<Sdk> {
  try {
    return typeof require === 'function' ? require('@aws-sdk/client-kms') : await import('@aws-sdk/client-kms');
  } catch (cause) {
    throw missingPackage('@aws-sdk/client-kms', cause);
  }
}

function meaningOf(error: unknown): string {
  const {
    name = '',
    code = '',
    message = '',
    $metadata,
  } = (error ?? {}) as {
    readonly name?: string;
    readonly code?: string;
    readonly message?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const lost = CONNECTION.exec(`${code} ${name} ${message}`)?.[0];
  const status = $metadata?.httpStatusCode;
  const answered = status === undefined ? `it failed (${name})` : `it answered ${status} ${name}`;
  return MEANINGS[name] ?? (lost === undefined ? answered : `it does not answer (${lost})`);
}

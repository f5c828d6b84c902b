import type { S3Client } from '@aws-sdk/client-s3';

/** Never less than this, since credentials may have to be fetched from elsewhere and retries include waiting. */
const LEAST_MS = 25_000;

/**
 * Gives up a request that is not even on its way to the server because credentials or an endpoint do not arrive. Once
 * it is on its way, the connection has its own deadline.
 * @param timeout in milliseconds
 */
export function leaveInTime(client: S3Client, timeout: number): void {
  const pending = new WeakMap<object, { readonly wait: () => void; readonly stop: () => void }>();
  client.middlewareStack.add(
    (next, context) => (args) =>
      new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const stop = () => clearTimeout(timer);
        const late = () => {
          const message = `The credentials or the endpoint could not be determined within ${Math.max(timeout, LEAST_MS)} ms.`;
          reject(Object.assign(new Error(message), { name: 'TimeoutError' }));
        };
        const wait = () => {
          stop();
          timer = setTimeout(late, Math.max(timeout, LEAST_MS));
        };
        pending.set(context, { wait, stop });
        wait();
        next(args).then(resolve, reject).finally(stop);
      }),
    { step: 'initialize', priority: 'high', name: 'nestjsBackupLeaveInTime' },
  );
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const deadline = pending.get(context);
      deadline?.stop();
      try {
        return await next(args);
      } catch (error) {
        // It may be sent again.
        deadline?.wait();
        throw error;
      }
    },
    { step: 'deserialize', priority: 'low', name: 'nestjsBackupOnItsWay' },
  );
}

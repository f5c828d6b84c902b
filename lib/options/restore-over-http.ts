/** Injection token of `RestoreOverHttp`. */
export const RESTORE_OVER_HTTP = Symbol('nestjs-backup:restore-over-http');

/** Whether the page can restore, and where it is. */
export interface RestoreOverHttp {
  readonly isOn: boolean;
  /** Of the endpoint, below the global prefix, without slashes at either end. */
  readonly path: string;
}

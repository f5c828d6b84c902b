/*
 * Nothing but types: the published ones must not lead to those of the optional package.
 */

/**
 * A service that wraps the file keys of archives and gives out its own key to nobody, such as a KMS. It is a recipient
 * among others: whoever may call `unwrap` can open the archive.
 */
export interface KeyService {
  /**
   * Names the key. Not a secret: it stands in the header of each archive, and tells which service unwraps it. 1 to 2048
   * printable ASCII characters without spaces.
   */
  readonly id: string;
  /**
   * Called once for each backup, before anything of it is made: when it rejects, there is no backup.
   * @param fileKey 16 bytes, which are overwritten afterwards
   * @returns whatever `unwrap` needs, up to 64 KiB; it stands in the header
   */
  wrap(fileKey: Uint8Array): Promise<Uint8Array>;
  /**
   * Called once each time an archive is opened that has this service among its recipients.
   * @returns the 16 bytes
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>;
}

/** Who an archive is encrypted to: an age recipient, or a key service. */
export type Recipient = string | KeyService;

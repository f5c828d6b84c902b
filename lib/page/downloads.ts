import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { destinationFailed } from '../errors/destination-errors.js';
import { findTarget } from '../store/open-stored.js';
import type { StoredBackup } from '../store/stored-backups.js';
import type { ByteSource } from '../support/byte-source.js';
import { BackupCore } from './backup-core.js';
import { type Link, LinkTokens } from './link-tokens.js';
import type { Validators } from './routes/byte-range.js';
import { expiredLink, invalidLink, linkOfAnother, noSuchBackup } from './routes/page-errors.js';
import { StoredList } from './stored-list.js';

/** In milliseconds. */
const LINK_LASTS = 600_000;
/** Read from a destination at a time, in bytes. */
const PIECE = 1_048_576;

/** A stored archive that is about to be sent. */
export interface Download extends Validators {
  readonly filename: string;
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** @param last included */
  read(first: number, last: number): Readable;
  close(): Promise<void>;
}

/** Stored archives, byte for byte, for those who have a link. */
@Injectable()
export class Downloads {
  constructor(
    private readonly core: BackupCore,
    private readonly stored: StoredList,
  ) {}

  /** @throws HttpException 404; BackupError `DESTINATION_FAILED` */
  async link(destination: string, id: string, user: string | null): Promise<{ token: string; link: Link }> {
    const backup = await this.stored.find(destination, id);
    const link = { destination, archive: backup.archive, user, expiresAt: Date.now() + LINK_LASTS };
    return { token: this.tokens.sign(link), link };
  }

  /** @throws HttpException 403, 404, 410; BackupError `DESTINATION_FAILED` */
  async open(token: string, user: string | null): Promise<Download> {
    const link = this.tokens.read(token);
    if (!link) throw invalidLink();
    if (link.expiresAt <= Date.now()) throw expiredLink();
    if (!link.is('user', user)) throw linkOfAnother();
    const destination = this.core.store.destinations.find((name) => link.is('destination', name));
    const all = destination === undefined ? [] : await this.core.store.list(destination);
    const backup = all.find((one) => link.is('archive', one.archive) && !one.isOrphan);
    if (!backup) throw noSuchBackup();
    const target = findTarget(this.core.options.destinations, backup.destination);
    return describe(backup, await target.destination.open(backup.archive));
  }

  /** Nobody gets here without a backup key. */
  private get tokens(): LinkTokens {
    return new LinkTokens(this.core.options.backupKeyDigest!);
  }
}

/** What is stored under one name never changes, except in its size while somebody damages it. */
function describe({ archive, encrypted, createdAt }: StoredBackup, source: ByteSource): Download {
  const tag = createHash('sha256').update(`${archive}\n${source.size}`).digest('base64url').slice(0, 27);
  return {
    filename: archive,
    contentType: encrypted ? 'application/octet-stream' : 'application/zip',
    size: source.size,
    etag: `"${tag}"`,
    lastModified: new Date(Math.floor(createdAt.getTime() / 1000) * 1000),
    read: (first, last) => Readable.from(pieces(source, first, last), { objectMode: false, highWaterMark: PIECE }),
    close: () => source.close(),
  };
}

async function* pieces(source: ByteSource, first: number, last: number): AsyncGenerator<Buffer> {
  try {
    for (let at = first; at <= last; at += PIECE) {
      const length = Math.min(PIECE, last + 1 - at);
      const piece = await source.read(at, length);
      // Its length was promised already.
      if (piece.length !== length) throw destinationFailed('the archive has become shorter');
      yield piece;
    }
  } finally {
    await source.close();
  }
}

import type { ServerResponse } from 'node:http';
import { type ExecutionContext, type HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { RefusalReason } from '../audit/audit-events.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { stackOf } from '../support/visible-text.js';
import { type AddressedRequest, addressOf, type Requester } from './client-identity.js';
import { withCode } from './error-response.js';
import { codeOf } from './refusal-codes.js';

interface HostRequest extends AddressedRequest {
  readonly user?: unknown;
}

/** Tracks each request to the endpoint, from the first guard to its answer, for the audit. */
@Injectable()
export class RequestAudit {
  private readonly logger = new Logger(RequestAudit.name);
  private readonly reasons = new WeakMap<object, RefusalReason | 'ALLOWED'>();

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly audit: AuditService,
  ) {}

  /** Called once, before any decision: a request that was not allowed by the time its answer ends was refused. */
  watch(context: ExecutionContext): void {
    const request = context.switchToHttp().getRequest<HostRequest>();
    const response = context.switchToHttp().getResponse<ServerResponse & { raw?: ServerResponse }>();
    const raw = response.raw ?? response;
    this.reasons.set(request, 'HOST');
    // The address is gone once the connection is.
    const address = addressOf(request);
    raw.once('close', () => {
      const reason = this.reasons.get(request) ?? 'HOST';
      if (reason === 'ALLOWED') return;
      const status = raw.headersSent ? raw.statusCode : null;
      void this.requester(request, address).then((requester) =>
        this.audit.record('backup.refused', { via: 'http', ...requester }, { reason, status }),
      );
    });
  }

  async requester(request: object, address = addressOf(request)): Promise<Requester> {
    const { user } = request as HostRequest;
    if (user === undefined || user === null) return { user: null, address };
    try {
      return { user: await this.options.identifyUser(user, request), address };
    } catch (error) {
      this.logger.error('The option "identifyUser" threw, so the user is recorded without a name.', stackOf(error));
      return { user: null, address };
    }
  }

  /** The reason for a refusal that may follow, unless a more specific one is given. */
  next(request: object, reason: RefusalReason): void {
    this.reasons.set(request, reason);
  }

  /** Returns the exception to be thrown, with the reason as its code. */
  refused(request: object, reason: RefusalReason, exception: HttpException): HttpException {
    this.reasons.set(request, reason);
    return withCode(exception, codeOf(reason));
  }

  /** For a request that is not recorded when it is allowed. */
  passed(request: object): void {
    this.reasons.set(request, 'ALLOWED');
  }

  async allowed(request: object, check: boolean): Promise<Requester> {
    this.reasons.set(request, 'ALLOWED');
    const requester = await this.requester(request);
    this.audit.record('backup.allowed', { via: 'http', ...requester }, { check });
    return requester;
  }
}

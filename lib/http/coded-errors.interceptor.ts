import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { toHttpException } from './error-response.js';

/** Adds a code to whatever the pipes and handlers of our routes throw; the guards before them add their own. */
@Injectable()
export class CodedErrorsInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => toHttpException(error))));
  }
}

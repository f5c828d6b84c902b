import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { toHttpException } from './error-response.js';

/** Gives a code to whatever pipes and handlers of our routes throw; the guards before them do so by themselves. */
@Injectable()
export class CodedErrors implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => toHttpException(error))));
  }
}

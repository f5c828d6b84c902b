import { STATUS_CODES } from 'node:http';
import { HttpException, HttpStatus, Logger } from '@nestjs/common';
import { BackupError } from '../errors/backup-error.js';
import type { BackupErrorCode } from '../errors/backup-error-code.js';
import { messageOverHttp } from '../errors/over-http.js';
import { stackOf } from '../support/visible-text.js';

/** For errors whose status is not 500. */
export const ERROR_STATUS: Partial<Record<BackupErrorCode, HttpStatus>> = {
  INVALID_AES_KEY: HttpStatus.BAD_REQUEST,
  INVALID_RECIPIENT: HttpStatus.BAD_REQUEST,
  INVALID_IDENTITY: HttpStatus.BAD_REQUEST,
  LOCKED: HttpStatus.CONFLICT,
  RESTORE_REFUSED: HttpStatus.CONFLICT,
  UPLOAD_REFUSED: HttpStatus.CONFLICT,
  ARCHIVE_INVALID: HttpStatus.UNPROCESSABLE_ENTITY,
  DECRYPTION_FAILED: HttpStatus.UNPROCESSABLE_ENTITY,
  KEY_SERVICE_FAILED: HttpStatus.SERVICE_UNAVAILABLE,
  SIGNATURE_MISSING: HttpStatus.UNPROCESSABLE_ENTITY,
  SIGNATURE_UNTRUSTED: HttpStatus.UNPROCESSABLE_ENTITY,
  SIGNATURE_INVALID: HttpStatus.UNPROCESSABLE_ENTITY,
  DATABASE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
  DATABASE_BUSY: HttpStatus.SERVICE_UNAVAILABLE,
  QUEUE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
};

/** The name of the class whose requests fail, which imports this file. */
const logger = new Logger('BackupController');

/** The JSON answer for any error before the archive's first byte: status, code and message, never a cause. */
export function toHttpException(error: unknown): HttpException {
  if (error instanceof HttpException) return withCode(error);
  if (error instanceof BackupError) {
    const { code } = error;
    const statusCode = ERROR_STATUS[code] ?? HttpStatus.INTERNAL_SERVER_ERROR;
    return new HttpException(bodyOf(statusCode, code, messageOverHttp(error)), statusCode, { cause: error });
  }
  // Nest logs only errors that are not HTTP exceptions.
  logger.error('A request failed with an unexpected error.', stackOf(error));
  const statusCode = HttpStatus.INTERNAL_SERVER_ERROR;
  return new HttpException(bodyOf(statusCode, 'INTERNAL', 'Internal server error'), statusCode, { cause: error });
}

/** What every JSON error of our routes has: Nest's usual three, and a code. */
function bodyOf(statusCode: number, code: string, message: unknown) {
  return { statusCode, error: STATUS_CODES[statusCode] ?? 'Error', code, message };
}

/**
 * Adds a code, and the name of its status, to the body of an exception that has none. The exception keeps its class, so
 * that a filter of the application that catches that class still does.
 * @param code default: the name of its status
 */
export function withCode<Exception extends HttpException>(exception: Exception, code?: string): Exception {
  const body: unknown = exception.getResponse();
  const given =
    typeof body === 'object' && body !== null && !Array.isArray(body) ? body : { message: body ?? exception.message };
  if ('code' in given) return exception;
  const statusCode = exception.getStatus();
  const coded = {
    ...bodyOf(statusCode, code ?? HttpStatus[statusCode] ?? `HTTP_${statusCode}`, exception.message),
    ...given,
  };
  return Object.assign(exception, { getResponse: () => coded });
}

import { HttpException, HttpStatus } from '@nestjs/common';
import { BackupError, type BackupErrorCode } from '../backup.errors.js';

const STATUS: Partial<Record<BackupErrorCode, HttpStatus>> = {
  INVALID_AES_KEY: HttpStatus.BAD_REQUEST,
  LOCKED: HttpStatus.CONFLICT,
  DATABASE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
  DATABASE_BUSY: HttpStatus.SERVICE_UNAVAILABLE,
};

/** The JSON answer to an error before the archive's first byte: status, code and message, never a cause. */
export function toHttpException(error: unknown): HttpException {
  if (error instanceof HttpException) return error;
  const known = error instanceof BackupError ? error : undefined;
  const status = (known && STATUS[known.code]) ?? HttpStatus.INTERNAL_SERVER_ERROR;
  return new HttpException(
    {
      statusCode: status,
      message: known?.message ?? 'The backup failed. See the log.',
      code: known?.code ?? 'INTERNAL',
    },
    status,
    { cause: error },
  );
}

import {
  BadRequestException,
  ConflictException,
  HttpException,
  HttpStatus,
  InternalServerErrorException,
  NotFoundException,
  PreconditionFailedException,
} from '@nestjs/common';
import { withCode } from '../../http/error-response.js';
import { TUS_VERSION } from './tus.js';

/** The refusals of the routes of uploads. */
export function noSuchUpload(): HttpException {
  const problem = 'There is no such upload of yours: it has expired, was removed, or never began. Begin a new one.';
  return withCode(new NotFoundException(problem), 'UPLOAD_NOT_FOUND');
}

/** @param offset that the upload has */
export function wrongOffset(offset: number): HttpException {
  const problem = `The upload has ${offset} bytes. Send what follows them, with this number as Upload-Offset.`;
  return withCode(new ConflictException(problem), 'UPLOAD_OFFSET');
}

export function uploadIsOver(): HttpException {
  const problem = 'The upload was checked already. GET tells how that ended.';
  return withCode(new ConflictException(problem), 'UPLOAD_OVER');
}

export function uploadIsBusy(): HttpException {
  const problem = 'The upload is being checked. Wait until that has ended, or cancel its run.';
  return withCode(new ConflictException(problem), 'UPLOAD_BUSY');
}

/** @param missing in bytes */
export function uploadIncomplete(missing: number): HttpException {
  const problem = `The last ${missing} bytes of the upload are missing. Send them first.`;
  return withCode(new ConflictException(problem), 'UPLOAD_INCOMPLETE');
}

/** @param size of the whole upload, in bytes */
export function pieceTooLong(size: number): HttpException {
  const status = HttpStatus.PAYLOAD_TOO_LARGE;
  const problem = `More than the ${size} bytes of the upload were sent. Nothing beyond them was kept.`;
  return withCode(
    new HttpException(HttpException.createBody(problem, 'Payload Too Large', status), status),
    'UPLOAD_TOO_LONG',
  );
}

export function badOffset(): HttpException {
  return withCode(new BadRequestException(['Upload-Offset must be a whole number']), 'INVALID_BODY');
}

export function notTus(): HttpException {
  const problem = `Send the header Tus-Resumable: ${TUS_VERSION}, the version of the protocol that is spoken here.`;
  return withCode(new PreconditionFailedException(problem), 'TUS_VERSION');
}

export function bodyTaken(): HttpException {
  const problem =
    'A body parser of the application has read the piece before it could be stored. Exclude application/offset+octet-stream from it.';
  return withCode(new InternalServerErrorException(problem), 'BODY_TAKEN');
}

/** Their codes, for the OpenAPI document and the list of all codes. */
export const UPLOAD_STATUS = {
  UPLOAD_NOT_FOUND: 404,
  UPLOAD_OFFSET: 409,
  UPLOAD_OVER: 409,
  UPLOAD_BUSY: 409,
  UPLOAD_INCOMPLETE: 409,
  UPLOAD_TOO_LONG: 413,
  TUS_VERSION: 412,
  NOT_PIECE: 415,
  BODY_TAKEN: 500,
} as const;

import {
  BadRequestException,
  ForbiddenException,
  GoneException,
  HttpException,
  HttpStatus,
  NotFoundException,
} from '@nestjs/common';
import { withCode } from '../../http/error-response.js';

/** The refusals of the page's routes, besides those of the endpoint. */
export function noSuchBackup(): HttpException {
  const problem = 'There is no such backup in this destination. It may have been pruned; reload the list.';
  return withCode(new NotFoundException(problem), 'BACKUP_NOT_FOUND');
}

export function noSuchDestination(names: readonly string[]): HttpException {
  const known = names.map((name) => `"${name}"`).join(', ') || 'none';
  const problem = `There is no such destination. Destinations of this application: ${known}.`;
  return withCode(new NotFoundException(problem), 'BACKUP_NOT_FOUND');
}

export function noSuchRun(): HttpException {
  return withCode(new NotFoundException('No such run is running: it has ended, or never started.'), 'RUN_NOT_FOUND');
}

export function noSuchRestore(): HttpException {
  const problem = 'There is no such restore, or another one has followed it. GET status tells which is the last one.';
  return withCode(new NotFoundException(problem), 'RESTORE_NOT_FOUND');
}

/** @param name that has to be typed */
export function notConfirmed(name: string): HttpException {
  const problem = `confirm must be the name of the application, ${JSON.stringify(name)}`;
  return withCode(new BadRequestException([problem]), 'NOT_CONFIRMED');
}

export function invalidLink(): HttpException {
  return withCode(new NotFoundException('This is not a download link of this application.'), 'LINK_INVALID');
}

export function expiredLink(): HttpException {
  return withCode(new GoneException('This download link has expired. Make a new one.'), 'LINK_EXPIRED');
}

export function linkOfAnother(): HttpException {
  const problem = 'This download link was made for another user. Make one of your own.';
  return withCode(new ForbiddenException(problem), 'LINK_NOT_YOURS');
}

export function badRange(): HttpException {
  const status = HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE;
  const body = HttpException.createBody('The archive has no such bytes.', 'Range Not Satisfiable', status);
  return withCode(new HttpException(body, status), 'RANGE_NOT_SATISFIABLE');
}

/** Their codes, for the OpenAPI document and the list of all codes. */
export const PAGE_STATUS = {
  BACKUP_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  RESTORE_NOT_FOUND: 404,
  NOT_CONFIRMED: 400,
  LINK_INVALID: 404,
  LINK_NOT_YOURS: 403,
  LINK_EXPIRED: 410,
  RANGE_NOT_SATISFIABLE: 416,
} as const;

import { BadRequestException, Inject, Injectable, type PipeTransform, ValidationPipe } from '@nestjs/common';
import * as classTransformer from 'class-transformer';
import * as classValidator from 'class-validator';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { ACCEPTED, CreateBackupDto } from './create-backup.dto.js';
import { withCode } from './error-response.js';
import { unknownProperties } from './unknown-properties.js';

/**
 * Validates the body by the DTO's rules, whatever pipes the application has: unknown properties are refused, nothing is
 * converted, and no value is echoed.
 */
@Injectable()
export class ValidBodyPipe implements PipeTransform {
  private readonly pipe = new ValidationPipe({
    expectedType: CreateBackupDto,
    validationError: { target: false, value: false },
    // The library's own copies: decorators register their rules with the copy they were imported from.
    validatorPackage: classValidator,
    transformerPackage: classTransformer,
  });

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  async transform(body: object): Promise<CreateBackupDto> {
    const unknown = unknownProperties(body, ACCEPTED);
    const known = Object.fromEntries(Object.entries(body).filter(([name]) => ACCEPTED.includes(name)));
    const valid = await this.validate(known, unknown);
    if (typeof valid.destination === 'string' && !this.options.destinations.has(valid.destination)) {
      throw invalidBody(['destination must be the name of a destination of this application']);
    }
    return valid;
  }

  /** @param problems that were found before */
  private async validate(known: object, problems: readonly string[]): Promise<CreateBackupDto> {
    try {
      const valid = (await this.pipe.transform(known, { type: 'body', metatype: CreateBackupDto })) as CreateBackupDto;
      if (problems.length === 0) return valid;
    } catch (error) {
      if (!(error instanceof BadRequestException)) throw error;
      const { message } = error.getResponse() as { message: readonly string[] };
      throw invalidBody([...problems, ...message]);
    }
    throw invalidBody(problems);
  }
}

function invalidBody(messages: readonly string[]): BadRequestException {
  return withCode(new BadRequestException(messages), 'INVALID_BODY');
}

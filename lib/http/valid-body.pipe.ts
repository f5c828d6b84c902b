import { BadRequestException, Inject, Injectable, type PipeTransform, ValidationPipe } from '@nestjs/common';
import * as classTransformer from 'class-transformer';
import * as classValidator from 'class-validator';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { ACCEPTED, CreateBackupDto } from './create-backup.dto.js';
import { withCode } from './error-response.js';

/** How class-validator ends its message for a property that the DTO does not have. */
const UNKNOWN = 'should not exist';

/**
 * Validates the body by the DTO's rules, whatever pipes the application has: unknown properties are refused, nothing is
 * converted, and no value is echoed.
 */
@Injectable()
export class ValidBodyPipe implements PipeTransform {
  private readonly pipe = new ValidationPipe({
    expectedType: CreateBackupDto,
    whitelist: true,
    forbidNonWhitelisted: true,
    validationError: { target: false, value: false },
    // The library's own copies: decorators register their rules with the copy they were imported from.
    validatorPackage: classValidator,
    transformerPackage: classTransformer,
  });

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  async transform(body: unknown): Promise<CreateBackupDto> {
    // class-transformer skips names that every object inherits (`constructor`, `toString`, `__proto__`).
    const inherited = Object.keys(body as object).filter((name) => name in Object.prototype);
    if (inherited.length > 0) throw invalidBody(inherited.map((name) => `property ${name} ${UNKNOWN}`));
    const valid = await this.validate(body);
    if (typeof valid.destination === 'string' && !this.options.destinations.has(valid.destination)) {
      throw invalidBody(['destination must be the name of a destination of this application']);
    }
    return valid;
  }

  private async validate(body: unknown): Promise<CreateBackupDto> {
    try {
      return (await this.pipe.transform(body, { type: 'body', metatype: CreateBackupDto })) as CreateBackupDto;
    } catch (error) {
      if (!(error instanceof BadRequestException)) throw error;
      throw invalidBody((error.getResponse() as { message: readonly string[] }).message);
    }
  }
}

function invalidBody(messages: readonly string[]): BadRequestException {
  const told = messages.map((one) => (one.endsWith(UNKNOWN) ? `${one}; accepted: ${ACCEPTED.join(', ')}` : one));
  return withCode(new BadRequestException(told), 'INVALID_BODY');
}

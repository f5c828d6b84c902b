import type { ValidationArguments, ValidatorConstraintInterface } from 'class-validator';
import { IsBoolean, IsOptional, IsString, Validate, ValidateIf, ValidatorConstraint } from 'class-validator';
import { isAesKey } from '../crypto/aes-key.js';
import { MOST_RECIPIENTS, recipientProblem } from '../crypto/age/recipients.js';

@ValidatorConstraint({ name: 'isAesKey' })
class IsAesKey implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isAesKey(value);
  }

  defaultMessage(): string {
    return 'aes_key must be 64 hexadecimal digits, or base64 of exactly 32 bytes';
  }
}

@ValidatorConstraint({ name: 'areRecipients' })
class AreRecipients implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return problemOf(value) === undefined;
  }

  defaultMessage({ value }: ValidationArguments): string {
    return problemOf(value)!;
  }
}

/** What is wrong, without any of the value. */
function problemOf(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MOST_RECIPIENTS;
  if (!isList) return `recipients must be an array of 1 to ${MOST_RECIPIENTS} age recipients`;
  const problems = value.map(recipientProblem);
  const wrong = problems.findIndex((problem) => problem !== undefined);
  return wrong < 0 ? undefined : `recipients[${wrong}] cannot be used: ${problems[wrong]}`;
}

@ValidatorConstraint({ name: 'isAlone' })
class IsAlone implements ValidatorConstraintInterface {
  validate(_value: unknown, { object }: ValidationArguments): boolean {
    const { aes_key } = object as CreateBackupDto;
    return aes_key === undefined || aes_key === null;
  }

  defaultMessage(): string {
    return 'recipients and aes_key exclude each other: send one of them';
  }
}

/** All properties of it, for those who misspell one. */
export const ACCEPTED = ['key', 'aes_key', 'recipients', 'destination', 'check'];

/** JSON body of `POST utils/backup`. */
export class CreateBackupDto {
  /** The backup key. */
  @IsString()
  key!: string;

  /** 256-bit AES key that encrypts the archive: 64 hexadecimal digits, or base64 of exactly 32 bytes. */
  @IsOptional()
  @Validate(IsAesKey)
  aes_key?: string | null;

  /** Age recipients that the archive is encrypted to, instead of an AES key: 1 to 20. */
  @IsOptional()
  @Validate(AreRecipients)
  @Validate(IsAlone)
  recipients?: string[] | null;

  /** Name of a destination of the application: the backup is stored there instead of being sent. */
  @IsOptional()
  @IsString()
  destination?: string | null;

  /** `true` only checks that these credentials could make a backup. */
  @ValidateIf((body: CreateBackupDto) => body.check !== undefined)
  @IsBoolean()
  check?: boolean;
}

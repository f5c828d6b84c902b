import type { ValidatorConstraintInterface } from 'class-validator';
import { IsBoolean, IsOptional, IsString, Validate, ValidateIf, ValidatorConstraint } from 'class-validator';
import { isAesKey } from '../crypto/aes-key.js';

@ValidatorConstraint({ name: 'isAesKey' })
class IsAesKey implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isAesKey(value);
  }

  defaultMessage(): string {
    return 'aes_key must be 64 hexadecimal digits, or base64 of exactly 32 bytes';
  }
}

/** All properties of it, for those who misspell one. */
export const ACCEPTED = ['key', 'aes_key', 'destination', 'check'];

/** JSON body of `POST utils/backup`. */
export class CreateBackupDto {
  /** The backup key. */
  @IsString()
  key!: string;

  /** 256-bit AES key that encrypts the archive: 64 hexadecimal digits, or base64 of exactly 32 bytes. */
  @IsOptional()
  @Validate(IsAesKey)
  aes_key?: string | null;

  /** Name of a destination of the application: the backup is stored there instead of being sent. */
  @IsOptional()
  @IsString()
  destination?: string | null;

  /** `true` only checks that these credentials could make a backup. */
  @ValidateIf((body: CreateBackupDto) => body.check !== undefined)
  @IsBoolean()
  check?: boolean;
}

import type { KeyService, Recipient } from '../crypto/age/recipient.js';
import { anyRecipientProblem, MOST_RECIPIENTS, Recipients } from '../crypto/age/recipients.js';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';

const REMEDY = `Set a list of 1 to ${MOST_RECIPIENTS} age recipients, or key services: ['age1…'].`;

/**
 * An option that is present but empty is a mistake, such as an environment variable that is not set: it must not lead to
 * unencrypted backups.
 */
export function areRecipientsMissing(given: { readonly recipients?: unknown }): boolean {
  if (!('recipients' in given) || given.recipients === null) return false;
  const { recipients } = given;
  return recipients === undefined || recipients === '' || (Array.isArray(recipients) && recipients.length === 0);
}

/** The error for that. */
export function missingRecipients(): BackupError {
  const remedy = `${REMEDY} For backups without recipients leave the option out, or give null.`;
  return invalidOption('recipients', 'it is empty, so backups would not be encrypted to anybody', remedy);
}

/**
 * The texts are checked immediately, as far as they show whether they are recipients. Key services are not called.
 * @param timeout of a call to a key service, in milliseconds
 * @returns a function that checks everything else, once; null without recipients
 * @throws BackupError `INVALID_OPTIONS`, naming the wrong one; so does the returned function, and `MISSING_PACKAGE`
 */
export function resolveRecipients(
  given: readonly Recipient[] | null | undefined,
  timeout: number,
): (() => Promise<Recipients>) | null {
  if (given === undefined || given === null) return null;
  if (!Array.isArray(given)) throw invalidOption('recipients', 'it is not a list', REMEDY);
  if (given.length > MOST_RECIPIENTS) throw invalidOption('recipients', 'it has too many entries', REMEDY);
  // A copy, which nobody changes after it was checked.
  const all: readonly Recipient[] = [...(given as readonly Recipient[])];
  for (const [index, one] of all.entries()) {
    const problem = anyRecipientProblem(one);
    if (problem !== undefined) throw invalidOption(`recipients[${index}]`, problem, REMEDY);
  }
  let parsed: Promise<Recipients> | undefined;
  return () => (parsed ??= Recipients.parse(all, timeout).catch(orInvalidOption));
}

/** Key services among the recipients, which open what was encrypted to them. */
export function keyServicesIn(given: readonly Recipient[] | null | undefined): readonly KeyService[] {
  return (given ?? []).filter((one) => typeof one === 'object');
}

/** Not the code for a recipient in a request: here it is the application that has to be corrected. */
function orInvalidOption(error: unknown): never {
  if (!(error instanceof BackupError) || error.code !== 'INVALID_RECIPIENT') throw error;
  throw invalidOption('recipients', error.problem, REMEDY);
}

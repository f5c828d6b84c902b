import { constants } from 'node:buffer';

/** A line is parsed as one string, of at most 512 MiB, and is read with others around it. */
export const LONGEST_LINE_BYTES = constants.MAX_STRING_LENGTH - 2 ** 20;

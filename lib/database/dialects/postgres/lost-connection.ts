/** A SQLSTATE has a digit; a system error's code, EPIPE say, has none. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/**
 * Whether an error with this code says that the connection is gone, and with it any answer: a system error, none at all,
 * an administrator's shutdown (57P) or a connection exception (08).
 */
export function isLost(code: string | undefined): boolean {
  return code === undefined || !SQLSTATE.test(code) || /^(57P|08)/.test(code);
}

/** Commands of a shell, as they stand in the documentation. */
import { execute } from '../host-process.mjs';

/** Milliseconds; npm and webpack take their time. */
const LIMIT = 10 * 60_000;
const QUIET = {
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
};

/** @returns {Promise<string>} what it printed */
export function shell(command, folder, env = {}) {
  return execute('bash', ['-c', command], folder, { env: { ...QUIET, ...env }, limit: LIMIT });
}

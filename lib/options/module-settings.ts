import { invalidOption } from '../errors/usage-errors.js';

/** What is checked of the settings that stand beside the options, or beside their factory. */
interface ModuleSettings {
  readonly path?: unknown;
  readonly guards?: unknown;
}

const SWITCHES = ['isGlobal', 'history', 'metrics', 'page', 'restoreOverHttp'] as const;

/**
 * Settings with their defaults, which undefined and null stand for.
 * @throws BackupError `INVALID_OPTIONS`: a text such as "false" would switch on what it should not
 */
export function resolveModuleSettings<Settings extends ModuleSettings>(given: Settings, defaults: Settings): Settings {
  const isGiven = ([, value]: [string, unknown]) => value !== undefined && value !== null;
  const settings: Settings = { ...defaults, ...Object.fromEntries(Object.entries(given).filter(isGiven)) };
  for (const name of SWITCHES) {
    if (typeof settings[name as never] !== 'boolean') throw invalidOption(name, INVALID, 'Set true or false.');
  }
  if (typeof settings.path !== 'string') throw invalidOption('path', INVALID, "Set a path, such as 'utils/backup'.");
  if (!Array.isArray(settings.guards)) throw invalidOption('guards', INVALID, `Set a list of ${GUARDS}.`);
  const wrong = settings.guards.findIndex((guard) => !isGuard(guard));
  if (wrong < 0) return settings;
  throw invalidOption(
    `guards[${wrong}]`,
    'it is no guard, or a circular import has left it undefined',
    `Name ${GUARDS}.`,
  );
}

const INVALID = 'the value is invalid';
const GUARDS = 'classes of guards, or instances with the method canActivate()';

function isGuard(guard: unknown): boolean {
  return typeof guard === 'function' || typeof (Object(guard) as { canActivate?: unknown }).canActivate === 'function';
}

import { BackupModule } from 'nestjs-backup';
import { BACKUP_KEY } from '../../fixtures/secrets.js';

const forms: Array<[string, (settings: object) => unknown]> = [
  ['forRoot', (settings) => BackupModule.forRoot({ backupKey: BACKUP_KEY, ...settings })],
  ['forRootAsync', (settings) => BackupModule.forRootAsync({ useFactory: () => ({}), ...settings })],
];

class Guard {
  canActivate = () => true;
}

describe.each(forms)('The settings of the module, in %s', (_, create) => {
  // Texts come from environment variables, where "false" would switch on.
  const switches = ['isGlobal', 'history', 'metrics', 'page', 'restoreOverHttp'];
  it.each<[name: string, value: unknown]>([
    ...switches.flatMap((name) => ['false', 1, {}].map((value): [string, unknown] => [name, value])),
    ['path', 5],
    ['path', ['a', 'b']],
    ['path', {}],
    ['guards', 'JwtAuthGuard'],
    ['guards', {}],
  ])('stop the start where they cannot be honoured, and are named: %s %j', (name, value) => {
    const message = expect.stringMatching(new RegExp(`BackupModule option "${name}": .* Set `));
    expect(() => create({ [name]: value })).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', message }));
  });

  it.each([[null], [undefined], ['JwtAuthGuard'], [{}]])('name a guard that is none: %j', (guard) => {
    const message = expect.stringContaining('"guards[1]"');
    expect(() => create({ guards: [Guard, guard] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message }),
    );
  });

  it('have their defaults where they are undefined or null', () => {
    const names = [...switches, 'path', 'guards', 'enabled'];
    for (const nothing of [undefined, null]) {
      expect(() => create(Object.fromEntries(names.map((name) => [name, nothing])))).not.toThrow();
    }
    expect(() => create({ guards: [Guard, new Guard()] })).not.toThrow();
  });

  it('do not put restores at the root, where nothing tells the page from the rest', () => {
    const atRoot = { page: true, restoreOverHttp: true, path: '/' };
    expect(() => create(atRoot)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    expect(() => create({ ...atRoot, restoreOverHttp: false })).not.toThrow();
  });
});

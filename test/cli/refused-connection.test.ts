import { jest } from '@jest/globals';
import { CliHost } from '../fixtures/cli.js';
import { IMPORTS, plantApp } from '../fixtures/cli-app.js';
import { describeEngine } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(120_000);

/** What TypeOrmModule does of itself. */
const PATIENT = { retryAttempts: 10, retryDelay: 3000 };
const ASYNC = `${IMPORTS}
  const { HOST_DATABASE, HOST_FILES } = process.env;
  const useFactory = async () => Object.freeze({ ...JSON.parse(HOST_DATABASE) });
  export class AppModule {}
  Module({ imports: [TypeOrmModule.forRootAsync({ useFactory }), BackupModule.forRoot({ dataDirs: { files: HOST_FILES } })] })(AppModule);
`;

describe.each(everyday(['postgres', 'mariadb', 'mysql'] as const, 2))('%s', (name) => {
  describeEngine('A connection that the server refuses', name, (engine) => {
    let host: CliHost;
    beforeAll(async () => {
      host = await CliHost.make(engine);
      plantApp(host, { 'app.module.mjs': ASYNC });
    });
    afterAll(() => host.remove());

    const fails = async (wrong: Partial<URL>, says: RegExp, app = host.app) => {
      const { options } = host.database;
      const url = Object.assign(new URL((options as { url: string }).url), wrong);
      const env = { HOST_DATABASE: JSON.stringify({ ...options, ...PATIENT, url }) };
      const { code, stderr } = await host.run(['create', '--app', app, '-o', '-'], { env });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) });
      expect(stderr).not.toMatch(/Retrying|does not answer/);
    };

    it('is told at once, with the name of the database that does not exist', async () => {
      // MySQL tells only users who may see every database which of them exist.
      const says =
        /^The database "not_there" does not exist( on its server|, or the user has no access to it)\. .*DATABASE_UNAVAILABLE.* Cause: /m;
      await fails({ pathname: '/not_there' }, says);
      await fails({ pathname: '/not_there' }, says, 'app.module.mjs');
    });

    it('is told at once, with the name of the user who is not let in', async () => {
      await fails(
        { username: 'nobody_here', password: 'wrong' },
        /^The database server refused the user "nobody_here"\./m,
      );
    });
  });
});

describe('Options that TypeORM itself refuses', () => {
  it('are told at once', async () => {
    const host = await CliHost.make();
    try {
      const env = {
        HOST_DATABASE: JSON.stringify({ ...host.database.options, ...PATIENT }),
        HOST_ENTITIES: JSON.stringify([{ name: 'Keyless', columns: { text: { type: 'text' } } }]),
      };
      const { code, stderr } = await host.run(['create', '--app', host.app, '-o', '-'], { env });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('"Keyless"') });
      expect(stderr).not.toContain('Retrying');
    } finally {
      await host.remove();
    }
  });
});

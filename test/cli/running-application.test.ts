import { CliHost } from '../fixtures/cli.js';
import { describeEngine } from '../fixtures/databases.js';
import { otherSession } from '../fixtures/other-session.js';

describeEngine('nestjs-backup restore beside a running application', 'postgres', (engine) => {
  let host: CliHost;
  beforeAll(async () => {
    host = await CliHost.make(engine);
    expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
  });
  afterAll(() => host.remove());
  const replace = () => host.run(['restore', 'b.zip', '--app', host.app, '--replace']);

  it('warns of its sessions before it replaces anything, and goes on', async () => {
    const application = await otherSession(host.database);
    await application.run('SELECT 1');
    const { code, stderr } = await replace();
    await application.end();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /Warning: [1-9]\d* other sessions? of this database (is|are) open\. Stop the application/,
      ),
    });
  });
});

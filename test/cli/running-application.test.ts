import { CliHost } from '../fixtures/cli.js';
import { describeEngine, offered } from '../fixtures/databases.js';
import { otherSession } from '../fixtures/other-session.js';

for (const each of offered(['postgres', 'mariadb', 'mysql'])) {
  describeEngine('nestjs-backup restore beside a running application', each, (engine) => {
    let host: CliHost;
    beforeAll(async () => {
      host = await CliHost.make(engine);
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
    });
    afterAll(() => host.remove());
    const replace = () => host.run(['restore', 'b.zip', '--app', host.app, '--replace']);
    const told = (stderr: string) =>
      Number(/^Warning: (\d+) other sessions? of this database (?:is|are) open\. Stop the app/m.exec(stderr)?.[1] ?? 0);

    it('warns of its sessions before it replaces anything, and goes on', async () => {
      // The test has one, too.
      const alone = told((await replace()).stderr);
      const application = await otherSession(host.database);
      await application.run('SELECT 1');
      const { code, stderr } = await replace();
      await application.end();
      expect({ code, others: told(stderr) }).toEqual({ code: 0, others: alone + 1 });
    });
  });
}

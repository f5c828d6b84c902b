import { CliHost } from '../fixtures/cli.js';

describe('A redacted backup on the command line', () => {
  let host: CliHost;
  beforeEach(async () => {
    host = await CliHost.make();
  });
  afterEach(() => host.remove());

  it('is shown as one, and replaces the original only when that is said', async () => {
    const env = { HOST_REDACTS: 'hidden' };
    const made = await host.run(['create', '--app', host.app, '-o', 'b.zip'], { env });
    expect({ code: made.code, stdout: String(made.stdout) }).toEqual({
      code: 0,
      stdout: expect.stringContaining('REDACTED'),
    });
    const inspected = await host.run(['inspect', 'b.zip', '--json']);
    expect(JSON.parse(String(inspected.stdout))).toMatchObject({ redacted: true });

    const before = await host.state();
    const refused = await host.run(['restore', 'b.zip', '--app', host.app, '--replace']);
    expect({ code: refused.code, stderr: refused.stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/redacted.*--replace --redacted/),
    });
    const alone = await host.run(['restore', 'b.zip', '--app', host.app, '--redacted']);
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--redacted was given without --replace') });
    expect(await host.state()).toEqual(before);

    const { code } = await host.run(['restore', 'b.zip', '--app', host.app, '--replace', '--redacted']);
    expect(code).toBe(0);
    const texts = await host.database.query('SELECT text FROM note');
    expect(texts).toEqual(Array.from({ length: 3 }, () => ({ text: 'hidden' })));
  });
});

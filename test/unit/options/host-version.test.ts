import { hostVersion } from '../../../lib/options/host-version.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';

const directory = temporaryDirectory();
const { argv } = process;
const home = process.cwd();

function hostVersionIn(folder: string, script = directory.at('elsewhere', 'main.js')): string {
  process.chdir(directory.at(folder));
  process.argv = ['node', script];
  return hostVersion();
}

describe("The host's version", () => {
  beforeEach(() => plant(directory.path, { 'app/src/deep': null, 'elsewhere/main.js': '', nothing: null }));

  afterEach(() => {
    process.chdir(home);
    process.argv = argv;
  });

  it('is the one of the package.json in the working directory', () => {
    plant(directory.path, { 'app/package.json': '{"version":"1.4.2"}' });
    expect(hostVersionIn('app')).toBe('1.4.2');
  });

  it('is the one of the nearest package.json above it', () => {
    plant(directory.path, { 'package.json': '{"version":"9.9.9"}', 'app/package.json': '{"version":"1.4.2"}' });
    expect(hostVersionIn('app/src/deep')).toBe('1.4.2');
  });

  it.each(['{"name":"no version"}', '{"version":""}', '{"version":7}', '{"version":null}', 'no JSON', 'null', ''])(
    'is looked for further up when a package.json is %p',
    (content) => {
      plant(directory.path, { 'app/package.json': '{"version":"1.4.2"}', 'app/src/package.json': content });
      expect(hostVersionIn('app/src')).toBe('1.4.2');
    },
  );

  it('is the one beside the main script when there is none above the working directory', () => {
    plant(directory.path, { 'elsewhere/package.json': '{"version":"3.0.0"}' });
    expect(hostVersionIn('nothing')).toBe('3.0.0');
  });

  it("is 'unknown' without any package.json", () => {
    expect(hostVersionIn('nothing')).toBe('unknown');
  });

  it('gives way to the option appVersion', () => {
    plant(directory.path, { 'app/package.json': '{"version":"1.4.2"}' });
    process.chdir(directory.at('app'));
    expect(resolveOptions({}).appVersion).toBe('1.4.2');
    expect(resolveOptions({ appVersion: '2.0.0-rc.1' }).appVersion).toBe('2.0.0-rc.1');
  });
});

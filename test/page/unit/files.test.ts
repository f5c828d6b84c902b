import { gzipSync } from 'node:zlib';
import { CLIENT_FILES } from '../../../lib/page/client-files.js';

const bodies = Object.values(CLIENT_FILES).map(({ body }) => body);

describe('The files of the page', () => {
  it('are few and small', () => {
    expect(Object.keys(CLIENT_FILES).toSorted()).toEqual(['app.css', 'app.js', 'icon.svg', 'index.html']);
    expect(bodies.reduce((sum, body) => sum + gzipSync(body).length, 0)).toBeLessThanOrEqual(60_000);
  });

  it('are found beside the page', () => {
    const linked = CLIENT_FILES['index.html']!.body.matchAll(/(?:src|href)="([^"]*)"/g);
    expect([...linked].map(([, path]) => path).toSorted()).toEqual(['page/app.css', 'page/app.js', 'page/icon.svg']);
  });

  it('have nothing inline, and no address of others but the names of namespaces', () => {
    expect(CLIENT_FILES['index.html']!.body).not.toMatch(/<style|<script(?![^>]* src=)|\sstyle=|\son\w+=/);
    const addresses = bodies.flatMap((body) => body.match(/https?:\/\/[^\s"'`)]+/g) ?? []);
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  });
});

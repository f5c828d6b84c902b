import { symlinkSync } from 'node:fs';
import { localDirectory } from 'nestjs-backup';
import type { BackupModuleOptions } from '../../../lib/options/backup-options.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { s3Bucket, s3Prefix } from '../../../lib/s3/index.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';

const directory = temporaryDirectory();
const resolve = (destinations: unknown, dataDirs = {}) =>
  resolveOptions({ destinations, dataDirs } as BackupModuleOptions).destinations;
const refused = (destinations: unknown, dataDirs = {}) => {
  try {
    resolve(destinations, dataDirs);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS' });
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
};

describe('The option destinations', () => {
  beforeEach(() => plant(directory.path, { 'vault/x': '', 'uploads/inner/x': '', 'vault-2/x': '' }));
  const vault = () => localDirectory(directory.at('vault'));

  it('takes what has the four methods, and calls check once', () => {
    let checked = '';
    const own = Object.assign(new MemoryDestination(), { check: (option: string) => (checked += option) });
    const destinations = resolve({ vault: vault(), 'own-1_A': own });
    expect([...destinations.keys()]).toEqual(['vault', 'own-1_A']);
    expect(checked).toBe('destinations.own-1_A');
  });

  it.each<[string, unknown, RegExp]>([
    ['a list', [], /"destinations": .*Set an object/],
    ['a path', { vault: '/var/backups' }, /"destinations.vault": it has no method put\(\)\. Set localDirectory/],
    ['nothing', { vault: null }, /"destinations.vault": it has no method put\(\)/],
    [
      'a name with a colon',
      { 'a:b': new MemoryDestination() },
      /"destinations.a:b": the name cannot be used on the command line/,
    ],
    [
      'a name that looks like a flag',
      { '--app': new MemoryDestination() },
      /the name cannot be used on the command line/,
    ],
    ['an empty name', { '': new MemoryDestination() }, /the name cannot be used on the command line/],
    [
      'a directory that is not there',
      { vault: localDirectory('/none/at/all') },
      /vault": .*ENOENT.*Create it, mount it/,
    ],
  ])('refuses %s, by name and with the remedy', (_what, destinations, message) => {
    expect(refused(destinations)).toMatch(message);
  });

  it('refuses a directory whose backups would be saved by the next backup', () => {
    const uploads = { uploads: directory.at('uploads') };
    for (const path of ['uploads', 'uploads/inner']) {
      const message = refused({ vault: localDirectory(directory.at(path)) }, uploads);
      expect(message).toMatch(
        /"destinations.vault": it is inside the data directory "uploads"\. Choose a separate directory/,
      );
    }
    symlinkSync(directory.at('uploads/inner'), directory.at('link'));
    expect(refused({ vault: localDirectory(directory.at('link')) }, uploads)).toContain('it is inside');
    expect(resolve({ vault: vault() }, uploads).size).toBe(1);
  });

  it('refuses a bucket whose backups would be saved by the next backup', () => {
    const client = { endpoint: 'https://user:password@s3.example.com' };
    const pictures = s3Prefix({ bucket: 'shop', prefix: 'pictures/', client });
    const message = refused({ vault: s3Bucket({ bucket: 'shop', prefix: 'pictures/vault/', client }) }, { pictures });
    expect(message).toMatch(
      /"destinations.vault": it is inside the data directory "pictures"\. Choose a separate location/,
    );
    expect(pictures.location).toBe('https://s3.example.com/shop/pictures/');
    for (const options of [
      { bucket: 'shop', prefix: 'vault/', client },
      { bucket: 'shop', prefix: 'pictures/vault/' },
      { bucket: 'shop', client },
    ]) {
      expect(resolve({ vault: s3Bucket(options) }, { pictures }).size).toBe(1);
    }
  });

  it('refuses the same directory twice, and takes neighbours', () => {
    const message = refused({ vault: vault(), again: localDirectory(directory.at('uploads', '..', 'vault')) });
    expect(message).toContain('"destinations.again": it is inside the destination "vault"');
    expect(resolve({ vault: vault(), other: localDirectory(directory.at('vault-2')) }).size).toBe(2);
  });
});

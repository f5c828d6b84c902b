import { join } from 'node:path';
import { getDataSourceToken } from '@nestjs/typeorm';
import { BackupModule, type BackupModuleOptions } from 'nestjs-backup';
import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';

describeEachAdapter('The host refuses to start', ({ start }) => {
  const backupKey = BACKUP_KEY;
  const refusals: Array<[string, BackupModuleOptions, RegExp]> = [
    [
      'a key of 19 characters',
      { backupKey: secret('nineteen characters') },
      /"backupKey": it is shorter than 20 characters\. .*openssl/,
    ],
    ['an empty key', { backupKey: '' }, /"backupKey": it is shorter than 20/],
    ['a key that is no string', { backupKey: 1234567890 as never }, /"backupKey"/],
    [
      'a directory that does not exist',
      { backupKey, dataDirs: { files: '/no/such/place' } },
      /"dataDirs\.files": .*"\/no\/such\/place".*ENOENT.*Create it/,
    ],
    [
      'a DataSource that does not exist',
      { backupKey, dataSource: 'elsewhere' },
      /"dataSource": there is no TypeORM DataSource "elsewhere"/,
    ],
    [
      'an entity that does not exist',
      { backupKey, excludeEntities: ['Ghost'] },
      /"excludeEntities": "Ghost" is not an entity.*Bulk/,
    ],
    ['an option that does not exist', { backupKey, datadirs: {} } as never, /"datadirs": unknown option/],
    ['a level that does not exist', { backupKey, compressionLevel: 10 }, /"compressionLevel".*0 \(stored\) to 9/],
    ['a flag that is text', { backupKey, enabled: 'false' as never }, /"enabled".*boolean/],
  ];

  it.each(refusals)('with %s', async (_, options, message) => {
    await expect(start({ options })).rejects.toThrow(message);
  });

  it.each(refusals.slice(0, 2))('with %s from an async factory', async (_, options, message) => {
    const module = BackupModule.forRootAsync({ useFactory: async () => options });
    await expect(start({ imports: () => [module] })).rejects.toThrow(message);
  });

  it('with two imports for one path, of which only one would answer', async () => {
    const [first, other] = [secret('the key of the first import'), secret('the key of the other import')];
    const imports = () => [
      BackupModule.forRoot({ backupKey: first, path: 'ops/dump' }),
      BackupModule.forRoot({ backupKey: other, path: '/ops/dump/' }),
    ];
    await expect(start({ imports })).rejects.toThrow(
      /"path": BackupModule is imported 2 times for "ops\/dump".*own path/,
    );
    const host = await start({
      imports: () => [
        ...imports().slice(1),
        BackupModule.forRoot({ backupKey: first, path: 'ops/dump', enabled: false }),
      ],
    });
    await host.close();
  });

  it('with one data directory inside another', async () => {
    const imports = ({ dataDir }: { dataDir: string }) => [
      BackupModule.forRoot({ backupKey, dataDirs: { files: dataDir, inner: join(dataDir, 'deep') } }),
    ];
    await expect(start({ imports })).rejects.toThrow(
      /"dataDirs\.inner": it overlaps with "files": one is inside the other/,
    );
  });

  // A real DataSource of another type needs its driver; only its type is looked at.
  it('with a database of another kind, and names it', async () => {
    class Other {}
    const token = getDataSourceToken('documents');
    const dataSource = { options: { type: 'mongodb' }, entityMetadatas: [] };
    const module = { module: Other, providers: [{ provide: token, useValue: dataSource }] };
    const imports = () => [module, BackupModule.forRoot({ backupKey, dataSource: 'documents' })];
    await expect(start({ imports })).rejects.toThrow(/type "mongodb"\. Supported types: .*postgres/);
  });

  it('but does start with a key of 20 characters, and without any', async () => {
    const host = await start({ options: { backupKey: secret('twenty characters 20') } });
    expect((await host.post({ body: { key: 'twenty characters 20' } })).status).toBe(200);
    await start({ options: { backupKey: undefined } });
  });
});

describeEachAdapter('A host without a backup key', ({ start }) => {
  const notices = (host: Host) => host.logs.filter((line) => line.includes('backupKey'));

  it('says once at the start which routes will answer 404, and what to do', async () => {
    const host = await start({ options: { backupKey: undefined } });
    expect(notices(host)).toEqual([
      expect.stringMatching(/"utils\/backup" will answer 404 .*openssl rand -hex 32.*enabled: false/),
    ]);
    await host.post();
    expect(notices(host)).toHaveLength(1);
  });

  it.each([
    ['a flag that is off', { enabled: false }],
    ['a function that is off', { enabled: () => false }],
    ['a key', { backupKey: BACKUP_KEY }],
  ])('says nothing with %s', async (_, options: BackupModuleOptions) => {
    expect(notices(await start({ options: { backupKey: undefined, ...options } }))).toEqual([]);
  });

  it('says nothing with the extra enabled: false', async () => {
    const module = BackupModule.forRootAsync({ useFactory: () => ({}), enabled: false });
    expect(notices(await start({ imports: () => [module] }))).toEqual([]);
  });
});

/** Setup of a host that has one folder of files, which it stores, and no rows. */
export const hostOfFiles = (node, folder) => ({
  node,
  database: { type: 'better-sqlite3', database: ':memory:' },
  entities: false,
  dataDirs: { files: folder },
  compressionLevel: 0,
});

/**
 * File name and media type of a backup that starts at `time`: `backup-20260131T235959Z.zip`, encrypted `….zip.crypt`.
 */
export function describeBackup(time: Date, encrypted: boolean): { filename: string; contentType: string } {
  const stamp = time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  return encrypted
    ? { filename: `backup-${stamp}.zip.crypt`, contentType: 'application/octet-stream' }
    : { filename: `backup-${stamp}.zip`, contentType: 'application/zip' };
}

import type { UploadAnswer } from '../../../lib/page/page-api.js';

type Known = Pick<UploadAnswer, 'filename' | 'size' | 'lastModified'>;

/** Why a file cannot be the one whose upload was begun; null when it may be. The check of the whole archive decides. */
export function differenceFrom(
  { filename, size, lastModified }: Known,
  file: Pick<File, 'name' | 'size' | 'lastModified'>,
) {
  if (file.size !== size) return `“${file.name}” has another size than “${filename}”, of which a part was uploaded.`;
  if (lastModified !== null && file.lastModified !== lastModified) {
    return `“${file.name}” was changed since a part of it was uploaded, or is another file.`;
  }
  return null;
}

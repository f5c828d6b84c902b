import { extname } from 'node:path';

/** Kinds of files that are already compressed: deflating them again takes time and gains nothing. */
const COMPRESSED = new Set(
  (
    'jpg jpeg jpe png gif webp avif heic heif jxl jp2 mp3 m4a aac ogg oga opus flac wma mp4 m4v mov mkv webm avi wmv ' +
    'zip gz tgz bz2 tbz2 xz txz zst lz4 lzma br 7z rar cab jar war apk ipa crx whl nupkg deb rpm ' +
    'docx docm xlsx xlsm pptx pptm odt ods odp epub pdf woff woff2 crypt age gpg pgp'
  ).split(' '),
);

/** Whether a file is better left uncompressed than deflated, judging by its name. */
export function isCompressedKind(name: string): boolean {
  return COMPRESSED.has(extname(name).slice(1).toLowerCase());
}

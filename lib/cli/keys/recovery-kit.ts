import { encode } from 'uqr';
import { wrongUsage } from '../../errors/usage-errors.js';

/** What opens archives, and what somebody has to know who has only it. */
export interface KitSubject {
  /** As it is typed into a file: an identity of age, or an AES key as 64 hexadecimal digits. */
  readonly secret: string;
  readonly keyId: string;
  /** Of an identity; absent for an AES key. */
  readonly recipient?: string;
  readonly madeAt: Date;
  /** The page "Decrypting without this library", as Markdown; null when it is not at hand. */
  readonly programs: string | null;
}

const FORMATS = { '.html': html, '.txt': text } as const;
const QUIET_ZONE = 4;

/** The kit in the format that the file's name asks for. @throws BackupError `WRONG_USAGE` for another ending */
export function recoveryKit(path: string, subject: KitSubject): string {
  const ending = Object.keys(FORMATS).find((one) => path.endsWith(one)) as keyof typeof FORMATS | undefined;
  if (!ending) throw wrongUsage(`"${path}" ends neither in .html nor in .txt`, 'Use --kit kit.html, or --kit kit.txt.');
  return FORMATS[ending](subject);
}

interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** Lines to be copied as they are. */
  readonly code?: string;
}

function sectionsOf({ secret, keyId, recipient, madeAt }: KitSubject): readonly Section[] {
  const ending = recipient === undefined ? 'crypt' : 'age';
  const flag = recipient === undefined ? '--key-file' : '--identity';
  const archive = `backup-….zip.${ending}`;
  const with_ = (command: string, more = '') => `npx nestjs-backup ${command} ${archive} ${flag} key.txt${more}`;
  return [
    {
      title: 'The key',
      paragraphs: [
        recipient === undefined ? 'A key of 256 bits for AES, in hexadecimal digits:' : 'An identity of age:',
      ],
      code: secret,
    },
    {
      title: 'What it opens',
      paragraphs: [
        `Archives whose names end in .zip.${ending} and that were made with the key id ${keyId}, which "nestjs-backup list" shows.`,
        ...(recipient === undefined ? [] : ['They were encrypted to this recipient, which can be known to everybody:']),
      ],
      ...(recipient !== undefined && { code: recipient }),
    },
    {
      title: 'How to use it',
      paragraphs: [
        'Type the key into a file named key.txt, or read the picture with a telephone that is offline. Then check an archive, restore it into the application, which must be stopped, or make a ZIP of it that any program opens:',
      ],
      code: [with_('verify'), with_('restore', ' --app dist/app.module.js'), with_('decrypt')].join('\n'),
    },
    {
      title: 'Without this library',
      paragraphs: [
        recipient === undefined
          ? 'The format is AES256-GCM-HKDF-1MB of Tink’s streaming AEAD, with empty associated data. Programs in Python, Go and Java that read it are on the page docs/decrypting.md of the package nestjs-backup, which follows.'
          : 'An archive is a file of age, version 1 (https://age-encryption.org/v1). The programs age and rage, and the package age-encryption, open it:',
      ],
      ...(recipient !== undefined && { code: `age -d -i key.txt -o backup.zip ${archive}` }),
    },
    {
      title: 'Keep it',
      paragraphs: [
        `Made ${madeAt.toISOString()}. Keep it where the archives are not, and a second copy in another place: whoever has both can read everything in them. Without the key nobody can open them, and nobody can make it again.`,
      ],
    },
  ];
}

function text(subject: KitSubject): string {
  const sections = sectionsOf(subject).map(({ title, paragraphs, code }) =>
    [title.toUpperCase(), ...paragraphs.map(wrapped), ...(code ? [indented(code)] : [])].join('\n\n'),
  );
  const [key, ...others] = sections;
  const parts = ['RECOVERY KIT', key, indented(blocks(subject.secret)), ...others, subject.programs ?? ''];
  return `${parts.filter(Boolean).join('\n\n').trimEnd()}\n`;
}

function html(subject: KitSubject): string {
  const sections = sectionsOf(subject).map(
    ({ title, paragraphs, code }, index) =>
      `<h2>${escape(title)}</h2>\n${paragraphs.map((one) => `<p>${escape(one)}</p>\n`).join('')}` +
      `${code ? `<pre>${escape(code)}</pre>\n` : ''}${index === 0 ? `${svg(subject.secret)}\n` : ''}`,
  );
  const programs = subject.programs === null ? '' : `<hr>\n<pre>${escape(subject.programs)}</pre>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Recovery kit</title>
<style>
body { font: 11pt/1.4 sans-serif; max-width: 45em; margin: 2em auto; padding: 0 1em; color: #000; background: #fff; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 10pt; }
svg { width: 60mm; height: 60mm; }
</style>
<h1>Recovery kit</h1>
${sections.join('')}${programs}</html>
`;
}

/** A QR code, as squares of one unit. */
function svg(content: string): string {
  const { data, size } = encode(content, { border: QUIET_ZONE });
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" role="img" aria-label="The key as a QR code" shape-rendering="crispEdges"><path d="${path.join('')}"/></svg>`;
}

/** The same of characters, two rows a line. Dark is what is printed, as on paper. */
function blocks(content: string): string {
  const { data } = encode(content, { border: QUIET_ZONE });
  const lines: string[] = [];
  for (let y = 0; y < data.length; y += 2) {
    const line = data[y]!.map((isDark, x) => ' ▄▀█'[(isDark ? 2 : 0) + (data[y + 1]?.[x] ? 1 : 0)]);
    lines.push(line.join('').trimEnd());
  }
  return lines.join('\n');
}

function wrapped(paragraph: string): string {
  return paragraph.replaceAll(/(?![^\n]{1,78}$)([^\n]{1,78}) /g, '$1\n');
}

function indented(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '    ');
}

function escape(content: string): string {
  return content.replaceAll(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}

export interface KitSubject {
  /** 64 hexadecimal digits. */
  readonly key: string;
  readonly application: string;
  /** Where the application is served, as in `https://shop.example.com`. */
  readonly origin: string;
  /** The archive's name. */
  readonly archive: string;
  readonly madeAt: Date;
}

/** What somebody needs who has nothing left but an archive and this text. */
export function recoveryKit({ key, application, origin, archive, madeAt }: KitSubject): string {
  return `RECOVERY KIT

Keep this text where the archive is not: whoever has both can read everything in it.
Without the key nobody can open the archive, and nobody can make the key again.

Key (256 bits, hexadecimal):
${key}

It opens:
  archive       ${archive}
  application   ${application}
  served at     ${origin}
  made          ${madeAt.toISOString()}

1. Save the line with the key, and nothing else, as the file key.txt

2. Check the archive

     npx nestjs-backup verify ${archive} --key-file key.txt

3. Restore it into the application, which must be stopped

     npx nestjs-backup restore ${archive} --app dist/app.module.js --key-file key.txt

   A target that holds rows or files is refused; --replace replaces them, --dry-run only tries.

4. Or decrypt it, which gives a ZIP that any program opens

     npx nestjs-backup decrypt ${archive} --key-file key.txt

Without the package nestjs-backup: its documentation describes the format on the page
"Decrypting without this library" (docs/decrypting.md in the package and in its repository),
with programs in Python, Go and Java that need nothing else. The format is
AES256-GCM-HKDF-1MB of Tink's streaming AEAD, with empty associated data.
`;
}

/** The name of an archive that is made now, as the server would choose it, and of the kit that belongs to it. */
export function archiveName(at: Date, isEncrypted: boolean): string {
  return `backup-${stamp(at)}.zip${isEncrypted ? '.crypt' : ''}`;
}

export function kitName(at: Date): string {
  return `recovery-kit-${stamp(at)}.txt`;
}

function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

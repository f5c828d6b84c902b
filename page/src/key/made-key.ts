/** A new key of 256 bits, as hexadecimal digits. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the server takes a text as a key: 64 hexadecimal digits, or base64 of exactly 32 bytes. */
export function isKey(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text) || /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text);
}

import { isKey } from '../key/made-key.js';

/** What opens an archive that the application cannot open by itself. */
export interface OpeningKey {
  readonly aes_key?: string;
  readonly identity?: string;
}

/** What was typed, as the server takes it; undefined when it is neither a key nor an identity. */
export function openingOf(text: string): OpeningKey | undefined {
  const value = text.trim();
  if (value === '') return {};
  if (isKey(value)) return { aes_key: value };
  return value.includes('AGE-SECRET-KEY-') ? { identity: value } : undefined;
}

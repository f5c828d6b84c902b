import { CLIENT_FILES } from './client-files.js';

/** A file of the page, as it was built. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

export const PAGE_INDEX = 'index.html';

/**
 * Nothing but the page's own files, and no frame around it; what the browser's part needs beyond that is a mistake.
 * @see https://www.w3.org/TR/CSP3/
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** @param name as in the page's URLs */
export function pageFile(name: string): PageFile | undefined {
  return Object.hasOwn(CLIENT_FILES, name) ? CLIENT_FILES[name] : undefined;
}

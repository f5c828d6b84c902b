/**
 * The segments of a URL's path as routers compare them: decoded, in lower case (Express does not tell them apart), without
 * the slashes at either end and without the query.
 */
export function segmentsOf(path: string): string[] {
  const bare = path.split('?', 1)[0]!.replace(/^\/|\/$/g, '');
  return bare === '' ? [] : bare.split('/').map(fold);
}

/** @param pattern segments that begin with a colon stand for any */
export function matchesAt(segments: readonly string[], start: number, pattern: readonly string[]): boolean {
  return pattern.every((one, index) => {
    const segment = segments[start + index];
    return segment !== undefined && (one.startsWith(':') || one === segment);
  });
}

function fold(segment: string): string {
  try {
    return decodeURIComponent(segment).toLowerCase();
  } catch {
    return segment.toLowerCase();
  }
}

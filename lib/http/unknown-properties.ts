/**
 * A message for each property of a JSON body that no route reads. Asked of the object itself, because validators pass over
 * some names (`__proto__`, `constructor`, `prototype`).
 */
export function unknownProperties(body: object, accepted: readonly string[]): string[] {
  const unknown = Object.keys(body).filter((name) => !accepted.includes(name));
  return unknown.map((name) => `property ${name} should not exist; accepted: ${accepted.join(', ')}`);
}

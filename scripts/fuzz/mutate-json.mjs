const NAMES = ['__proto__', 'constructor', 'toString', 'length', '', 'id', 'name', 'x', 'tables', 'pk', 'fields'];
const LEAVES = [
  ...[null, true, false, 0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 1e-7],
  ...['', '0', 'x', '\u0000', '\ud800', '\u202e', '../..', '/etc/passwd', "'; DROP TABLE x; --", 'ff', 'AAAA', '1e400'],
  ...['Infinity', 'NaN', '９', 'sha256:', '2026-01-01T00:00:00Z', 'n'.repeat(3000), '[]', '{}'],
];

/** Any JSON value, small. */
export function anyValue(chance, depth = 0) {
  const kind = chance.between(0, depth > 3 ? 5 : 8);
  if (kind <= 5) return chance.of(LEAVES);
  if (kind === 6) return Array.from({ length: chance.between(0, 4) }, () => anyValue(chance, depth + 1));
  if (kind === 7) return named(chance.of(NAMES), anyValue(chance, depth + 1));
  let deep = chance.of(LEAVES);
  for (let level = chance.between(1, 60); level > 0; level--) deep = level % 2 ? [deep] : { a: deep };
  return deep;
}

/** An object with a field of its own of any name. */
function named(name, value) {
  return Object.defineProperty({}, name, { value, enumerable: true, writable: true, configurable: true });
}

/** Changes one to three values, at any depth. */
export function mutateJson(value, chance) {
  const copy = structuredClone(value);
  for (let times = chance.between(1, 3); times > 0; times--) {
    const holder = chance.of(holders(copy));
    const names = Object.keys(holder);
    const given = names.length > 0 && (Array.isArray(holder) || chance.between(0, 5) > 0);
    const name = given ? chance.of(names) : Array.isArray(holder) ? '0' : chance.of(NAMES);
    change(holder, name, names, chance);
  }
  return copy;
}

function change(holder, name, names, chance) {
  const set = (value) =>
    Object.defineProperty(holder, name, { value, enumerable: true, writable: true, configurable: true });
  switch (chance.between(0, 4)) {
    case 0:
      if (!Array.isArray(holder)) delete holder[name];
      else holder.splice(chance.between(0, holder.length), chance.between(0, 2));
      break;
    case 1:
      if (Array.isArray(holder) && holder.length > 0) holder.push(structuredClone(chance.of(holder)));
      break;
    case 2:
      if (names.length > 0) set(structuredClone(holder[chance.of(names)]));
      break;
    default:
      set(anyValue(chance));
  }
}

function holders(value) {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(holders)];
}

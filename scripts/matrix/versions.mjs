/** What the hosts of the matrix install: the lowest and the newest versions that the peer ranges admit together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { peerDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));

/**
 * Where a range's first version is not published, or other packages of the same host, which say so by their own peer
 * ranges, do not let it be installed: Nest's first releases of a line still ask for the line before.
 */
const RAISED = {
  '@nestjs/common': { '11 with TypeORM 1': '11.0.1', 12: '12.0.1' },
  '@nestjs/core': { '11 with TypeORM 1': '11.0.1', 12: '12.0.1' },
  '@nestjs/platform-express': { 12: '12.0.1' },
  '@nestjs/platform-fastify': { 11: '11.0.3', 12: '12.0.1' },
  '@nestjs/typeorm': { '11 with TypeORM 1': '11.0.1' },
  mysql2: { 'TypeORM 0.3': '2.2.5', 'TypeORM 1': '3.15.3' },
  pg: { 'TypeORM 0.3': '8.5.1', 'TypeORM 1': '8.5.1' },
  'better-sqlite3': { 'TypeORM 1': '12.0.0' },
};

/** One set of installed packages, which four hosts share. */
export const installs = [];
for (const nest of [11, 12]) {
  for (const typeorm of ['0.3', '1']) {
    for (const level of ['lowest', 'newest']) {
      installs.push({ nest, typeorm, level, packages: packagesOf(nest, typeorm, level) });
    }
  }
}

/** By name the version or range that a host writes into its package.json. */
function packagesOf(nest, typeorm, level) {
  const orm = `TypeORM ${typeorm}`;
  const ofNest = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-fastify'];
  // Half of the hosts do without the optional peer.
  if (typeorm === '1') ofNest.push('@nestjs/swagger');
  const packages = {};
  for (const name of ofNest) packages[name] = choose(peerDependencies[name] ?? peerDependencies['@nestjs/core'], nest);
  packages['@nestjs/typeorm'] = choose(peerDependencies['@nestjs/typeorm'], nest);
  packages.typeorm = choose(peerDependencies.typeorm, typeorm);
  for (const name of ['class-transformer', 'class-validator', 'reflect-metadata', 'rxjs', 'sql.js', 'pg', 'mysql2']) {
    packages[name] = level === 'lowest' ? first(peerDependencies[name]) : peerDependencies[name];
  }
  // Compiled at its installation, which takes minutes: only at both ends.
  const isEnd = (nest === 11 && typeorm === '0.3') || (nest === 12 && typeorm === '1');
  if (isEnd) packages['better-sqlite3'] = level === 'lowest' ? first(peerDependencies['better-sqlite3']) : '^12.0.0';
  if (level === 'newest') return packages;
  for (const name of Object.keys(packages)) {
    const raised = RAISED[name] ?? {};
    packages[name] = raised[orm] ?? raised[`${nest} with ${orm}`] ?? raised[nest] ?? first(packages[name]);
  }
  return packages;
}

/** The alternative of a range that admits a line: 11 of `^11.0.0 || ^12.0.0`. */
function choose(range, line) {
  return range.split(' || ').find((one) => one.startsWith(`^${line}.`));
}

/** The lowest version of a range whose alternatives stand in order. */
function first(range) {
  return range.split(' || ')[0].replace('^', '');
}

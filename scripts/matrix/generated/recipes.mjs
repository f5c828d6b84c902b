/** How each generated host comes to be, as commands that a user would type; `docs/frameworks.md` shows them. */

const nestNew = (version, manager = 'npm') =>
  `npx --yes @nestjs/cli@${version} new host --skip-install --skip-git --package-manager ${manager}`;
const [NEST_11, NEST_12] = [
  '@nestjs/typeorm@^11 @nestjs/jwt@^11 @nestjs/passport@^11 @nestjs/schedule@^6 typeorm@^0.3.20',
  '@nestjs/typeorm@^12 @nestjs/jwt@^12 @nestjs/passport@^12 @nestjs/schedule@^12 typeorm@^1',
].map((versions) => `${versions} pg passport passport-jwt @types/passport-jwt`);
/** What `npm outdated` has a team of Nest 10 raise; its sources, tsconfig.json and tests stay. */
const RAISED = [
  ...['common', 'core', 'platform-express'].map((name) => `dependencies.@nestjs/${name}=^11`),
  ...['cli', 'schematics', 'testing'].map((name) => `devDependencies.@nestjs/${name}=^11`),
].join(' ');

/** What Nest's documentation of SWC has one write for Jest: decorators, and the types that they are told. */
const SWCRC = JSON.stringify({
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
    target: 'es2022',
  },
});
const SCRIPTS = { build: 'npm run build', test: 'npm test', e2e: 'npm run test:e2e', start: 'npm start' };
const plain = {
  sources: 'src',
  scripts: SCRIPTS,
  cli: 'npx nestjs-backup',
  install: (packages) => `npm install ${packages}`,
  app: 'dist/app.module.js',
};

/** `generate` runs beside the host, `prepare` in it before anything is installed, `finish` before the library is. */
export const recipes = [
  { ...plain, name: 'nest-11', generate: nestNew(11), packages: NEST_11 },
  {
    ...plain,
    name: 'nest-10-to-11',
    generate: nestNew(10),
    prepare: `npm pkg set ${RAISED}`,
    packages: NEST_11,
    // Its generated test leaves the application open, in which any job of @nestjs/schedule keeps Jest.
    scripts: { ...SCRIPTS, e2e: 'npm run test:e2e -- --forceExit' },
  },
  {
    ...plain,
    name: 'nest-11-swc',
    generate: nestNew(11),
    packages: NEST_11,
    finish: `npm install --save-dev @swc/cli @swc/core @swc/jest && echo '${SWCRC}' > .swcrc`,
    scripts: {
      build: 'npm run build -- --builder swc',
      test: `npm test -- --transform '{"\\\\.ts$":"@swc/jest"}'`,
      e2e: `npm run test:e2e -- --transform '{"\\\\.ts$":"@swc/jest"}'`,
      start: 'npm start -- --builder swc',
    },
  },
  {
    ...plain,
    name: 'nest-11-monorepo',
    generate: nestNew(11),
    packages: NEST_11,
    finish: 'npx nest generate app admin',
    bundler: 'webpack.config.js',
    sources: 'apps/host/src',
    app: 'dist/apps/host/app.module.js',
  },
  {
    ...plain,
    name: 'nest-11-pnpm',
    generate: nestNew(11, 'pnpm'),
    packages: `${NEST_11} @nestjs/swagger@^11`,
    openApi: true,
    workspace: true,
    install: (packages) => `pnpm add ${packages}`,
    scripts: { build: 'pnpm build', test: 'pnpm test', e2e: 'pnpm test:e2e', start: 'pnpm start' },
    cli: 'pnpm exec nestjs-backup',
  },
  { ...plain, name: 'nest-12', generate: nestNew(12), packages: NEST_12, esm: true },
  {
    ...plain,
    name: 'nest-12-cjs',
    // Jest loads NestJS 12, which is ES modules, from there on.
    node: [24, 9],
    // What `nest new` asks on a terminal.
    generate:
      'npx --yes --package @nestjs/cli@12 schematics @nestjs/schematics:application --name=host --type=cjs --language=ts --package-manager=npm',
    packages: NEST_12,
  },
  {
    ...plain,
    name: 'nest-12-swc',
    generate: nestNew(12),
    packages: NEST_12,
    esm: true,
    finish: 'npm install --save-dev @swc/cli @swc/core',
    scripts: { ...SCRIPTS, build: 'npm run build -- --builder swc', start: 'npm start -- --builder swc' },
  },
  {
    ...plain,
    name: 'nest-12-monorepo',
    generate: nestNew(12),
    packages: NEST_12,
    esm: true,
    finish:
      'npm install --save-dev @rspack/core webpack-node-externals tsconfig-paths-webpack-plugin && npx nest generate app admin',
    bundler: 'rspack.config.js',
    sources: 'apps/host/src',
    app: 'dist/apps/host/app.module.js',
  },
  {
    ...plain,
    name: 'nest-12-pnpm',
    generate: nestNew(12, 'pnpm'),
    packages: `${NEST_12} @nestjs/swagger@^12`,
    openApi: true,
    esm: true,
    workspace: true,
    install: (packages) => `pnpm add ${packages}`,
    scripts: { build: 'pnpm build', test: 'pnpm test', e2e: 'pnpm test:e2e', start: 'pnpm start' },
    cli: 'pnpm exec nestjs-backup',
  },
];

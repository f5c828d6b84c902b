const { existsSync } = require('node:fs');

// Beside main.js the root module, for programs that take it without starting the server.
module.exports = (options) => {
  const rootModule = options.entry.replace(/main\.ts$/, 'app.module.ts');
  if (!existsSync(rootModule)) return options;
  return {
    ...options,
    entry: { main: options.entry, 'app.module': rootModule },
    output: {
      ...options.output,
      filename: options.output.filename.replace(/main\.js$/, '[name].js'),
      libraryTarget: 'commonjs2',
    },
  };
};

// The root module for the command line: Vendure makes it of the configuration, which must be set before it is loaded.
import { preBootstrapConfig } from '@vendure/core';
import { config } from './dist/vendure-config.js';

await preBootstrapConfig(config);
const { AppModule } = await import('@vendure/core/dist/app.module.js');
export default AppModule;

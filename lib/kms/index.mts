/** What ES modules import: the same classes as CommonJS requires. The peers that may be ES modules are loaded before they are required. */

export * from './index.js';

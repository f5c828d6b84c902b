/** What ES modules import: the same classes as CommonJS requires. The peers that may be ES modules are loaded before they are required. */
import '@nestjs/bullmq';
import '@nestjs/common';
import '@nestjs/core';
import '@nestjs/typeorm';

export * from './index.js';

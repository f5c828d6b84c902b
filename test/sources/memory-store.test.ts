import { MemoryStore } from '../fixtures/memory-store.js';
import { describeFileStore } from './conformance.js';

describeFileStore('in memory', () => new MemoryStore());

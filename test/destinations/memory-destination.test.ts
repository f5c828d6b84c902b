import { MemoryDestination } from '../fixtures/memory-destination.js';
import { describeDestination } from './conformance.js';

// What the other suites put in the place of a destination is one.
describeDestination('one of the tests, in memory', () => new MemoryDestination());

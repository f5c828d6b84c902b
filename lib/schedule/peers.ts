import { loadRequiredPeer } from '../host/required-peer.js';

loadRequiredPeer('@nestjs/schedule', () => require('@nestjs/schedule'));

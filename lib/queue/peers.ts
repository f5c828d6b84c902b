import { loadRequiredPeer } from '../host/required-peer.js';

// In this order: @nestjs/bullmq requires bullmq.
loadRequiredPeer('bullmq', () => require('bullmq'));
loadRequiredPeer('@nestjs/bullmq', () => require('@nestjs/bullmq'));

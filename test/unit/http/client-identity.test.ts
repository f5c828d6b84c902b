import { addressOf, networkOf } from '../../../lib/http/client-identity.js';

describe('The address of a request', () => {
  it.each([
    [{ ip: '192.0.2.7' }, '192.0.2.7'],
    [{ ip: '::ffff:192.0.2.7' }, '192.0.2.7'],
    [{ socket: { remoteAddress: '::FFFF:192.0.2.7' } }, '192.0.2.7'],
    [{ ip: undefined, socket: { remoteAddress: '2001:db8::1' } }, '2001:db8::1'],
    [{ socket: {} }, null],
    [{}, null],
  ])('of %j is %s', (request, address) => expect(addressOf(request)).toBe(address));

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:0DB8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:db8:1::3:4:5:6', '2001:db8:1:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network));
});

import { jest } from '@jest/globals';
import { executeEarly, packetOf } from '../../../../../lib/database/dialects/mysql/early-packets.js';

/** A driver of which only the documented methods are there. */
function plainDriver() {
  const executed: unknown[] = [];
  const statement = {
    execute: (values: readonly unknown[], done: (error: Error | null) => void) => {
      executed.push(values);
      done(null);
    },
  };
  return { client: {} as never, statement, executed };
}

describe('A statement of a driver that does not show its packets', () => {
  it('is executed as the driver does it', () => {
    const { client, statement, executed } = plainDriver();
    const done = jest.fn();
    executeEarly(client, statement, [1, 'x'], done);
    expect(executed).toEqual([[1, 'x']]);
    expect(done).toHaveBeenCalledWith(null);
  });

  it('has no packet to be filled', () => {
    const { client, statement, executed } = plainDriver();
    expect(packetOf(client, statement, [''])).toBeUndefined();
    expect(executed).toEqual([]);
  });
});

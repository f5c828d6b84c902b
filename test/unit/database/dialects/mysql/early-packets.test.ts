import { jest } from '@jest/globals';
import { executeEarly, executePacket, packetOf } from '../../../../../lib/database/dialects/mysql/early-packets.js';

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

/** One that makes its packets as mysql2 does. @param counts whether it refuses another number of values */
function likeMysql2(counts: boolean) {
  class Connection {
    readonly sent: Buffer[] = [];
    addCommand(command: { start(packet: unknown, connection: Connection): unknown }): void {
      command.start(undefined, this);
    }
    writePacket({ buffer }: { buffer: Buffer }): void {
      this.sent.push(buffer);
    }
  }
  class Packet {
    constructor(
      readonly id: number,
      readonly buffer: Buffer,
    ) {}
  }
  const statement = {
    _connection: undefined as never as Connection,
    execute(values: readonly unknown[], done: (error: Error | null) => void) {
      this._connection.addCommand({
        start: (_, connection) => {
          if (counts && values.length !== 1) return done(new Error('one value is expected'));
          return connection.writePacket(new Packet(0, Buffer.from(values.join())));
        },
      });
    },
  };
  const client = new Connection();
  return { client, driver: client as never, statement };
}

describe('A statement of a driver that shows its packets', () => {
  it('has one to be filled, which is sent as it then is', () => {
    const { client, driver, statement } = likeMysql2(false);
    expect(packetOf(driver, statement, ['value'])!.toString()).toBe('value');
    expect(client.sent).toEqual([]);
    executePacket(driver, statement, Buffer.from('filled'), () => {});
    executeEarly(driver, statement, ['early'], () => {});
    expect(client.sent.map(String)).toEqual(['filled', 'early']);
  });

  it('has none where it would not be sent, because the driver counts its values', () => {
    const { client, driver, statement } = likeMysql2(true);
    expect(packetOf(driver, statement, ['value'])).toBeUndefined();
    executeEarly(driver, statement, ['early'], () => {});
    expect(client.sent.map(String)).toEqual(['early']);
  });

  it('has none where the connection has another way of writing', () => {
    const { client, driver, statement } = likeMysql2(false);
    client.writePacket = () => {};
    expect(packetOf(driver, statement, ['value'])).toBeUndefined();
  });
});

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

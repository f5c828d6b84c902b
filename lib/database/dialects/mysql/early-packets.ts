import type { Mysql2Connection, RawStatement } from './mysql2.js';

/** What mysql2 does not document, the same in versions 2 and 3. */
interface Inner {
  addCommand(command: Command): unknown;
  writePacket(packet: Packet): unknown;
}

interface Command {
  /** @returns what handles the server's answer; null when the command has failed and has said so */
  start(packet: unknown, connection: unknown): unknown;
}

interface Packet {
  readonly buffer: Buffer;
  readonly constructor: new (id: number, bytes: Buffer, start: number, end: number) => Packet;
}

type Values = Parameters<RawStatement['execute']>[0];
type Done = Parameters<RawStatement['execute']>[1];

/**
 * Executes a statement whose packet is made now. mysql2 makes it in the statement's turn, while the server has nothing to
 * do: that would be a sixth of the time of a restore. The command and its packet are mysql2's own. A mysql2 that works
 * otherwise does as it always does.
 * @param values may be changed afterwards
 */
export function executeEarly(client: Mysql2Connection, statement: RawStatement, values: Values, done: Done): void {
  const inner = innerOf(client);
  if (!inner) return void statement.execute(values, done);
  const started = start(inner, statement, values, done);
  if (started) enqueue(inner, started, started.packets);
}

/**
 * The bytes that `executeEarly` would send, from their header on; undefined where mysql2 works otherwise, and where
 * `executePacket` could not be used.
 */
export function packetOf(client: Mysql2Connection, statement: RawStatement, values: Values): Buffer | undefined {
  const inner = innerOf(client);
  if (!inner) return undefined;
  try {
    const [made, without] = [values, []].map((some) => start(inner, statement, some, () => {})?.packets);
    return made?.length === 1 && without?.length === 1 ? made[0]!.buffer : undefined;
  } catch {
    return undefined;
  }
}

/** Executes a statement with such bytes, which are read until it is done. */
export function executePacket(client: Mysql2Connection, statement: RawStatement, bytes: Buffer, done: Done): void {
  const inner = innerOf(client)!;
  const started = start(inner, statement, [], done);
  if (!started) return;
  const { constructor: Packet } = started.packets[0]!;
  enqueue(inner, started, [new Packet(0, bytes, 0, bytes.length)]);
}

/** A command that has not been sent. */
interface Started {
  readonly command: Command;
  readonly packets: readonly Packet[];
  /** What handles the server's answer. */
  readonly next: unknown;
}

function innerOf(client: Mysql2Connection): Inner | undefined {
  const known = has(client, 'addCommand') && has(client, 'writePacket') && !Object.hasOwn(client, 'writePacket');
  return known ? (client as unknown as Inner) : undefined;
}

/** @returns undefined when nothing is left to do: it has failed and has said so, or is in the connection's queue */
function start(client: Inner, statement: RawStatement, values: Values, done: Done): Started | undefined {
  let made: Command | undefined;
  const catcher = { addCommand: (command: Command) => (made = command) };
  const caught = Object.create(statement, { _connection: { value: catcher } }) as RawStatement;
  caught.execute(values, done);
  if (!made) return undefined;
  const packets: Packet[] = [];
  client.writePacket = (packet) => packets.push(packet);
  try {
    const next = made.start(undefined, client);
    return packets.length === 0 ? undefined : { command: made, packets, next };
  } finally {
    // The method again.
    delete (client as Partial<Inner>).writePacket;
  }
}

function enqueue(client: Inner, { command, next }: Started, packets: readonly Packet[]): void {
  command.start = () => {
    for (const packet of packets) client.writePacket(packet);
    return next;
  };
  client.addCommand(command);
}

const has = (thing: object, method: string): boolean => typeof Reflect.get(thing, method) === 'function';

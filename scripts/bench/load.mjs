// Asks a host for /ping over eight connections, one request after the other on each, until it is told to stop.
import { connect } from 'node:net';

const CONNECTIONS = 8;
const REQUEST = 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n';

let answers = 0;
for (let count = 0; count < CONNECTIONS; count++) {
  const socket = connect(Number(process.argv[2]), '127.0.0.1', () => socket.write(REQUEST));
  // Answers are small: each comes in one piece, and ends with the body.
  socket.on('data', (chunk) => {
    if (!chunk.includes('}')) return;
    answers++;
    socket.write(REQUEST);
  });
}

setTimeout(() => {
  const [before, started] = [answers, performance.now()];
  process.on('message', () => process.send((answers - before) / ((performance.now() - started) / 1000)));
  process.send('ready');
}, 500);

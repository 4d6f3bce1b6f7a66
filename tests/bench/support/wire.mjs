// A line between browser and server that counts what it carries, the same for every engine.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Wire {
  #server;
  #sockets = new Set();

  /** A line to a port of this machine, on a port of its own. */
  static async to(port) {
    const wire = new Wire();
    wire.#server = createServer((near) => wire.#carry(near, connect(port, '127.0.0.1')));
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    wire.port = wire.#server.address().port;
    wire.origin = `http://localhost:${wire.port}`;
    wire.reset();
    return wire;
  }

  /** Counts from nothing again. */
  reset() {
    this.up = 0;
    this.down = 0;
    this.firstAt = undefined;
  }

  /** Cuts what is connected; new connections are carried again. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  #carry(near, far) {
    const ends = [near, far];
    for (const [at, socket] of ends.entries()) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('data', (bytes) => this.#count(at === 0, bytes.length));
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        ends[1 - at].destroy();
      });
      socket.pipe(ends[1 - at]);
    }
  }

  #count(isUp, length) {
    this.firstAt ??= Date.now();
    if (isUp) this.up += length;
    else this.down += length;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

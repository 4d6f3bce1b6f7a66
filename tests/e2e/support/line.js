// The line between browser and server: it passes everything on until a test changes what it
// answers for an address, rewrites a file on its way, or counts who asked when.
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { freePort } from './server.js';

export class Line {
  #listener;
  #sockets = new Set();
  #answers = [];
  #rewrites = [];
  #holds = [];
  #heard;
  /** Every request: {method, path, at, status}. */
  requests = [];

  static async open() {
    const line = new Line();
    line.port = await freePort();
    line.origin = `http://localhost:${line.port}`;
    line.#listener = createServer((question, answer) => line.#serve(question, answer));
    line.#listener.on('upgrade', (question, socket, head) => line.#upgrade(question, socket, head));
    line.#listener.on('connection', (socket) => {
      line.#sockets.add(socket);
      socket.on('close', () => line.#sockets.delete(socket));
    });
    line.#listener.listen(line.port, '127.0.0.1');
    await once(line.#listener, 'listening');
    return line;
  }

  /** The port of the server behind the line. */
  leadTo(port) {
    this.target = port;
  }

  /** Answers requests below a path by itself until the returned function is called. */
  answerItself(path, { status, type = 'text/plain', body = '' }) {
    const rule = { path, status, type, body };
    this.#answers.push(rule);
    return () => this.#answers.splice(this.#answers.indexOf(rule), 1);
  }

  /** Holds what the server answers below a path until the returned function is called. */
  hold(path) {
    const rule = { path };
    rule.over = new Promise((release) => (rule.release = release));
    this.#holds.push(rule);
    return () => {
      this.#holds.splice(this.#holds.indexOf(rule), 1);
      rule.release();
    };
  }

  /** Changes the text of files whose address matches. */
  rewrite(pattern, change) {
    const rule = { pattern, change };
    this.#rewrites.push(rule);
    return () => this.#rewrites.splice(this.#rewrites.indexOf(rule), 1);
  }

  /** Keeps every byte that the server sends from now on, uncompressed, sockets' frames too. */
  listen() {
    this.#heard = [];
  }

  /** Whether the server has sent these bytes since the line listens. */
  hears(text) {
    return Buffer.concat(this.#heard).includes(text);
  }

  #note(part) {
    this.#heard?.push(part);
  }

  /** When requests below a path came, in milliseconds. */
  timesOf(path) {
    return this.requests.filter((one) => one.path.startsWith(path)).map((one) => one.at);
  }

  #serve(question, answer) {
    const path = question.url.split('?')[0];
    const entry = { method: question.method, path, at: performance.now() };
    this.requests.push(entry);
    const own = this.#answers.find((rule) => path.startsWith(rule.path));
    if (own) {
      question.resume();
      entry.status = own.status;
      answer.writeHead(own.status, { 'content-type': own.type });
      return answer.end(own.body);
    }
    const rewrite = this.#rewrites.find((rule) => rule.pattern.test(path));
    const headers = { ...question.headers };
    if (rewrite || this.#heard) {
      headers['accept-encoding'] = 'identity';
      delete headers['if-none-match'];
    }
    const options = { port: this.target, host: '127.0.0.1', method: question.method };
    const onward = request({ ...options, path: question.url, headers }, async (reply) => {
      entry.status = reply.statusCode;
      await this.#holds.find((rule) => path.startsWith(rule.path))?.over;
      if (rewrite) return rewritten(reply, answer, rewrite.change);
      answer.writeHead(reply.statusCode, reply.headers);
      reply.on('data', (part) => this.#note(part));
      reply.pipe(answer);
    });
    // A server that is gone looks like a line that is cut.
    onward.on('error', () => question.socket.destroy());
    question.pipe(onward);
  }

  #upgrade(question, socket, head) {
    const onward = connect(this.target, '127.0.0.1', () => {
      const headers = Object.entries(question.headers).map(([name, value]) => `${name}: ${value}`);
      onward.on('data', (part) => this.#note(part));
      onward.write(`GET ${question.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    socket.on('close', () => onward.destroy());
  }

  async close() {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function rewritten(reply, answer, change) {
  const parts = [];
  for await (const part of reply) parts.push(part);
  const text = Buffer.from(change(Buffer.concat(parts).toString()));
  const headers = { ...reply.headers, 'content-length': String(text.length) };
  delete headers.etag;
  delete headers['transfer-encoding'];
  answer.writeHead(reply.statusCode, headers);
  answer.end(text);
}

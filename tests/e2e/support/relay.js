// A real mail relay (nodemailer's smtp-server) that tells each step of a delivery, and stops at one
// when it is asked to.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { freePort } from './server.js';

/** The steps at which a delivery can be stopped, in order. */
export const STEPS = ['greeting', 'sender', 'recipient', 'content', 'taken'];

const ACCOUNT = { username: 'holdfast', password: 'pass wörd "quoted"' };

/** A key for a relay on this machine, with the certificate that whoever trusts it has in a file. */
export function lock(folder, tls) {
  const [key, cert] = ['key', 'cert'].map((name) => path.join(folder, `${name}.pem`));
  const plain = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const leaf = ['-addext', 'basicConstraints=critical,CA:FALSE', '-days', '2', '-nodes'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...plain, ...leaf, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { tls, key: readFileSync(key), cert: readFileSync(cert), trusted: cert };
}

export class Relay {
  /** What was taken: the whole text of each message, with its envelope. */
  taken = [];
  /** Answers other than yes, by recipient: each is given once. */
  answers = new Map();
  /** Recipients in the order in which they were asked for. */
  asked = [];
  /** Who signed in, before each delivery. */
  accounts = [];
  #server;
  #stop;
  #lock;

  /** `lock` makes it a relay that wants an encrypted line and an account; see `lock`. */
  static async at(port, lock) {
    const relay = new Relay();
    relay.#lock = lock;
    relay.port = port ?? (await freePort());
    return relay;
  }

  /** The settings with which a server uses this relay. */
  get settings() {
    return {
      HOLDFAST_SMTP_HOST: this.#lock ? 'localhost' : '127.0.0.1',
      HOLDFAST_SMTP_PORT: String(this.port),
      HOLDFAST_SMTP_TLS: this.#lock?.tls ?? 'none',
      HOLDFAST_MAIL_FROM: 'it@brennickvos.example',
      ...(this.#lock && { HOLDFAST_SMTP_USER: ACCOUNT.username, HOLDFAST_SMTP_PASSWORD: ACCOUNT.password }),
    };
  }

  async open() {
    const { tls, key, cert } = this.#lock ?? {};
    this.#server = new SMTPServer({
      ...(tls
        ? { secure: tls === 'implicit', key, cert, onAuth: (auth, _, done) => this.#let(auth, done) }
        : { authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'] }),
      disableReverseLookup: true,
      logger: false,
      onConnect: (session, done) => this.#at('greeting', done),
      onMailFrom: (address, session, done) => this.#at('sender', done),
      onRcptTo: (address, session, done) => {
        this.asked.push(address.address);
        const refusal = this.answers.get(address.address)?.shift();
        if (refusal) return done(Object.assign(new Error('not now'), { responseCode: refusal }));
        this.#at('recipient', done);
      },
      onData: (stream, session, done) => this.#take(stream, session, done),
    });
    // A client that is killed tears its line.
    this.#server.on('error', () => {});
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server.server, 'listening');
  }

  async close() {
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise((closed) => server.close(closed));
  }

  /** Stops the next delivery at a step for good. Resolves once one is there. */
  stopAt(step) {
    return new Promise((reached) => (this.#stop = { step, reached }));
  }

  #let({ username, password }, done) {
    this.accounts.push(username);
    const isRight = username === ACCOUNT.username && password === ACCOUNT.password;
    done(isRight ? null : new Error('who is that?'), isRight ? { user: username } : undefined);
  }

  #at(step, done) {
    if (this.#stop?.step !== step) return done();
    const { reached } = this.#stop;
    this.#stop = undefined;
    reached();
  }

  async #take(stream, session, done) {
    let text = '';
    try {
      for await (const part of stream) text += part;
    } catch {
      return;
    }
    // Whatever was stopped before the relay said yes was not taken.
    this.#at('content', () => {
      const to = session.envelope.rcptTo.map(({ address }) => address);
      this.taken.push({ to, text });
      this.#at('taken', done);
    });
  }

  /** How often each message was taken, by its id. */
  counts() {
    const counts = new Map();
    for (const { text } of this.taken) {
      const id = text.match(/^Message-ID: (\S+)/im)[1];
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }
}

// A real server with its own data folder and port, that can be stopped, killed and started again.
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const START_MILLIS_MAX = 30_000;

/** The logs that tests import are years old, and are to lie on devices all the same. */
const HELD = { HOLDFAST_DEVICE_DAYS: '36500', HOLDFAST_DEVICE_INCIDENTS: '1000000' };

/** The program under test, as xtask built it. */
export function binary() {
  if (process.env.HOLDFAST_BIN) return process.env.HOLDFAST_BIN;
  throw new Error('HOLDFAST_BIN is not set; run `cargo xtask test`');
}

/** A port that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Server {
  #process;
  #log = '';
  /** More settings, as an operator gives them in the environment. */
  settings = {};

  constructor({ port, folder, origin, verb = 'demo' }) {
    Object.assign(this, { port, folder, verb });
    this.origin = origin ?? `http://localhost:${port}`;
    this.address = `http://127.0.0.1:${port}`;
  }

  /** A server on a copy of a seeded folder; it is not started yet. */
  static async on(seed, { origin, verb } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-data-'));
    if (seed) await cp(seed, folder, { recursive: true });
    return new Server({ port: await freePort(), folder, origin, verb });
  }

  get pid() {
    return this.#process?.pid;
  }

  /** What the server has logged, for a failed test. */
  get log() {
    return this.#log;
  }

  async start() {
    const settings = ['--data', this.folder, '--port', String(this.port), '--origin', this.origin];
    this.#process = spawn(binary(), [this.verb, ...settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOLDFAST_LOG: process.env.HOLDFAST_LOG ?? 'warn', ...HELD, ...this.settings },
    });
    const child = this.#process;
    child.stderr.on('data', (text) => (this.#log += text));
    const until = Date.now() + START_MILLIS_MAX;
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`the server did not start:\n${this.#log}`);
      }
      await pause(20);
    }
    return this;
  }

  async #isReady() {
    const answer = await fetch(`${this.address}/readyz`).catch(() => undefined);
    return Boolean(answer?.ok);
  }

  /** Ends the server as an operator does. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** Ends the server as a power cut does. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async #end(signal) {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Runs another command of the program on the same data, as an operator does. */
  async command(words, input = '') {
    const run = promisify(execFile)(binary(), [...words, '--data', this.folder], {
      env: { ...process.env, HOLDFAST_LOG: 'error' },
    });
    run.child.stdin.end(input);
    return run;
  }

  /** Copies the data to a file, while the server runs or not. */
  async backup() {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-backup-'));
    const file = join(folder, 'backup');
    await this.command(['backup', file]);
    return file;
  }

  /** Puts a copy in the place of the data; the server must not run. */
  async restore(file) {
    await rm(this.folder, { recursive: true });
    await this.command(['restore', file]);
    await rm(dirname(file), { recursive: true });
  }

  /** The memory that the process holds, in bytes (Linux). */
  async memory() {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;
  }

  async remove() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

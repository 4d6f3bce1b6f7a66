// The engines that are compared, each with the same incidents: how it is set up, how its page is
// brought to synchronise, and how some of its incidents change without the page.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { Server } from '../../e2e/support/server.js';
import { continued, histories, resolution } from './incidents.mjs';
import { Wire } from './wire.mjs';

export const PEERS = join(import.meta.dirname, '../peers');
const LOGIN = 'agent@bench';
const PASSWORD = 'measured twice, cut once';
/** The packages of the peers lie in their folder; `cargo xtask bench --peers` installs them. */
const require = createRequire(join(PEERS, 'package.json'));

/** Holdfast as people get it: the console, signed in, every read authorised. */
export class Ours {
  name = 'holdfast';
  page = '/console';
  live = '/console';

  static async with(log) {
    const server = await Server.on(undefined, { verb: 'serve' });
    const agent = ['--role', 'agent', '--name', 'Agent', '--password-stdin'];
    await server.command(['user', 'add', LOGIN, ...agent], PASSWORD);
    const ours = Object.assign(new Ours(), { server, log });
    await ours.#import(log);
    ours.wire = await Wire.to(server.port);
    server.origin = ours.wire.origin;
    await server.start();
    return ours;
  }

  async sync(page) {
    await page.locator('input[name=login]').fill(LOGIN);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('button[type=submit]').click();
  }

  /** It synchronises by itself. */
  async resync() {}

  async change(numbers) {
    await this.#import(continued(this.log, numbers));
  }

  async codeBytes() {
    const { text: worker } = await this.#file('/sw.js');
    const names = new Set(worker.match(/\/assets\/[\w.-]+/g));
    const wanted = [...names].filter((name) => !/text-(?!en)/.test(name));
    const files = await Promise.all(['/console', ...wanted].map((path) => this.#file(path)));
    return files.reduce((sum, file) => sum + file.length, 0);
  }

  async #file(path) {
    const answer = await fetch(this.server.address + path, { headers: { 'accept-encoding': 'br' } });
    return { length: Number(answer.headers.get('content-length')), text: await answer.text() };
  }

  async #import(log) {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
    const file = join(folder, 'log.csv');
    await writeFile(file, log);
    await this.server.command(['import', 'servicenow', file]);
    await rm(folder, { recursive: true });
  }

  async end() {
    await this.wire.close();
    await this.server.remove();
  }
}

/** A peer, its server a process of its own, its page one that only lists and opens incidents. */
export class Peer {
  page = '/';
  live = '/?live';

  static async with(log, { name, files }) {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-peer-'));
    const peer = Object.assign(new Peer(), { name, folder, log });
    peer.site = join(folder, 'site');
    await bundle(files, peer.site);
    const data = join(folder, 'data');
    await cp(join(PEERS, 'package.json'), join(data, 'package.json'));
    const seeding = new Child(`${files}.server.mjs`, data);
    await seeding.ask('seed', histories(log));
    await seeding.end();
    peer.server = new Child(`${files}.server.mjs`, data);
    peer.wire = await Wire.to(await peer.server.ask('serve', peer.site));
    return peer;
  }

  async sync(page) {
    await page.locator('.sync button').click();
  }

  async resync(page) {
    await this.sync(page);
  }

  async change(numbers) {
    const steps = numbers.map((number) => [number, resolution(this.log, number)]);
    await this.server.ask('change', Object.fromEntries(steps));
  }

  async codeBytes() {
    const files = await Promise.all(
      ['page.html', 'page.js', 'automerge.wasm'].map((file) =>
        readFile(join(this.site, file)).catch(() => Buffer.alloc(0)),
      ),
    );
    return files.reduce((sum, bytes) => sum + (bytes.length && brotliCompressSync(bytes).length), 0);
  }

  async end() {
    await this.wire.close();
    await this.server.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes a peer's page for the browser. */
async function bundle(files, folder) {
  await require('esbuild').build({
    entryPoints: { page: join(PEERS, `${files}.page.mjs`) },
    bundle: true,
    minify: true,
    format: 'esm',
    outdir: folder,
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  for (const file of ['page.html', 'sw.js']) await cp(join(PEERS, file), join(folder, file));
  if (files === 'automerge') {
    await cp(require.resolve('@automerge/automerge/automerge.wasm'), join(folder, 'automerge.wasm'));
  }
}

/** A process of a peer that answers one question after the other. */
export class Child {
  #process;
  #gone;

  constructor(file, folder) {
    this.#process = fork(join(PEERS, file), [folder], { serialization: 'advanced' });
    this.#gone = once(this.#process, 'exit');
  }

  async ask(name, value) {
    this.#process.send({ name, value });
    const gone = this.#gone.then(([code]) => [{ error: `it ended with ${code}` }]);
    const [answer] = await Promise.race([once(this.#process, 'message'), gone]);
    if (answer.error) throw new Error(`${name}: ${answer.error}`);
    return answer.value;
  }

  async end() {
    if (this.#process.connected) this.#process.disconnect();
    await this.#gone;
  }
}

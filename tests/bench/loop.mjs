// How fast the walking loop is, for 1,000 and 10,000 incidents, in Chromium with the release
// build. Times are taken inside the pages, from the event a person causes to the frame that shows
// what came of it. Prints one JSON object per line.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fillSignIn, mark, openAny, Report, say, seeded, signedIn, watched } from './support/console.mjs';

const require = createRequire(join(process.env.HOLDFAST_E2E, 'package.json'));
const { chromium } = require('playwright-core');

const SIZES = (process.env.HOLDFAST_BENCH_SIZES ?? '1000,10000').split(',').filter(Boolean).map(Number);
/** Only these of the parts below; all of them when none is named. */
const PARTS = (process.env.HOLDFAST_BENCH_PARTS ?? '').split(',').filter(Boolean);
const STARTS = 5;
const TAPS = 40;
const QUERIES = ['category 1', 'symptom 12 open', 'caller 20', 'inc20000', 'resolver 4 group 3'];
/** Changes of other people's devices, written without a network and sent all at once. */
const WRITER = 'incident-manager@demo';
const WRITERS = 2;
/** A view in which no row moves when somebody writes. */
const STILL = '?view=all';
const WRITTEN = 150;

const report = new Report('loop');
const print = report.print.bind(report);
const printTail = report.printTail.bind(report);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  for (const [at, size] of SIZES.entries()) {
    const server = await seeded(size, report);
    try {
      if (at === 0) await sizes(server);
      for (const part of [starts, taps, searches, twoClients, reconnects, floods]) {
        if (PARTS.length === 0 || PARTS.includes(part.name)) await part(server, size);
      }
      print('server_memory', size, [await server.memory() / 1e6], 'MB', 60);
    } finally {
      await server.remove();
    }
  }
  if (process.argv.includes('--peers')) {
    const { compare } = await import('./support/peers.mjs');
    await compare(browser, { watched: () => watched(browser), openAny, say });
  }
} finally {
  await browser.close();
}

/** What the network carries for the first page and for the engine behind it. */
async function sizes(server) {
  const bytes = async (path) => {
    const answer = await fetch(server.address + path, { headers: { 'accept-encoding': 'br' } });
    const length = Number(answer.headers.get('content-length'));
    return { length, text: await answer.text() };
  };
  const page = await bytes('/console');
  const worker = (await bytes('/sw.js')).text;
  const names = [...new Set(worker.match(/\/assets\/[\w.-]+/g))];
  const total = async (wanted) => {
    const parts = await Promise.all(names.filter((name) => wanted.test(name)).map(bytes));
    return parts.reduce((sum, part) => sum + part.length, 0);
  };
  // The files and the unit are those of the gate, in xtask's budget.rs.
  const parts = /\/(boot|console|console-glue|console-split|style)-[^-]+$/;
  const first = page.length + (await total(parts));
  const kb = (sum) => [Math.ceil(sum / 1024)];
  print('console_first_load', 'brotli', kb(first), 'KB', 260);
  print('engine', 'brotli', kb(await total(/\/engine-[^-]+\.wasm$/)), 'KB', 430);
}

async function starts(server, size) {
  const [usable, complete, offline, longest] = [[], [], [], []];
  for (let run = 0; run < STARTS; run += 1) {
    const context = await watched(browser);
    const page = await context.newPage();
    await page.goto(`${server.origin}/console`);
    await fillSignIn(page);
    await page.locator('button[type=submit]').click();
    const shown = await mark(page, 'complete');
    usable.push(shown.usable - shown.submit);
    complete.push(shown.complete - shown.submit);
    longest.push(await longestTask(page, shown.submit));
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    await page.close();
    await context.setOffline(true);
    // The first offline start compiles what the next ones find compiled.
    for (let start = 0; start < 2; start += 1) {
      const again = await context.newPage();
      await again.goto(`${server.origin}/console`);
      offline.push((await mark(again, 'usable')).usable);
      await again.close();
    }
    await context.close();
  }
  print('sign_in_to_usable', size, usable, 'ms', 800);
  print('sign_in_to_complete', size, complete, 'ms', 4_000);
  print('offline_start_to_usable', size, offline, 'ms', 400);
  print('first_sync_longest_task', size, longest, 'ms', 50, 1);
  print('first_sync_longest_task_on_core', size, await onCore(server), 'ms', 50, 1);
}

/**
 * The longest task of a page during its first synchronisation, in the time that its thread had a
 * core: page, engine, browser and server share those of this machine.
 */
async function onCore(server) {
  const longest = [];
  for (let run = 0; run < STARTS; run += 1) {
    const context = await watched(browser);
    const page = await context.newPage();
    await page.goto(`${server.origin}/console`);
    await fillSignIn(page);
    await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
    await page.locator('button[type=submit]').click();
    await mark(page, 'complete');
    const { traceEvents } = JSON.parse(await browser.stopTracing());
    const of = ({ pid, tid }) => `${pid} ${tid}`;
    const isMain = ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain';
    const mains = new Set(traceEvents.filter(isMain).map(of));
    const isTask = ({ name }) => name === 'ThreadControllerImpl::RunTask';
    const tasks = traceEvents.filter((event) => isTask(event) && mains.has(of(event)));
    longest.push(Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1_000)));
    await context.close();
  }
  return longest;
}

/** Types words letter by letter: from the event to the last change of the list, and to its frame. */
async function searches(server, size) {
  const { context, page } = await signedIn(browser, server);
  const [changed, painted] = [[], []];
  let strokes = 0;
  await page.locator('#filter').click();
  for (const query of QUERIES) {
    for (const letter of query) {
      await page.keyboard.type(letter);
      strokes += 1;
      await page.waitForFunction((count) => window.bench.typed.length >= count, strokes);
      const { typed, last, frame } = await page.evaluate(() => window.bench.typed.at(-1));
      changed.push(last - typed);
      painted.push(frame - typed);
    }
    await page.locator('#filter').fill('');
    strokes += 1;
    await page.waitForFunction((count) => window.bench.typed.length >= count, strokes);
  }
  printTail('search_keystroke', size, changed, 'ms', 8);
  printTail('search_keystroke_to_painted', size, painted, 'ms', null);
  await context.close();
}

/** One in a hundred incidents changes while a device is away: from its first question to the chip. */
async function reconnects(server, size) {
  const { context, page } = await signedIn(browser, server);
  const writer = await signedIn(browser, server, WRITER, STILL);
  const times = [];
  for (let run = 0; run < 3; run += 1) {
    await context.setOffline(true);
    await isCut(page);
    await write(writer.page, Math.round(size / 100), `away ${run}`);
    await isInTouch(writer.page);
    await page.evaluate(() => window.bench.listen());
    await page.getByTestId('status-chip').click();
    await context.setOffline(false);
    // The device looks for its network once a second; a person who cannot wait presses this.
    await page.getByRole('button', { name: 'Try now' }).click();
    times.push(await page.evaluate(() => window.bench.reached()));
    await page.keyboard.press('Escape');
  }
  print('reconnect_after_1_percent', size, times, 'ms', 150);
  await context.close();
  await writer.context.close();
}

/** Other people's devices bring what they wrote without a network, while this one looks on. */
async function floods(server, size) {
  const { context, page } = await signedIn(browser, server);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => signedIn(browser, server, WRITER, STILL)));
  for (const writer of writers) {
    await writer.context.setOffline(true);
    await isCut(writer.page);
    await write(writer.page, WRITTEN, 'flood');
  }
  const began = await page.evaluate(() => performance.now());
  await Promise.all(writers.map((writer) => writer.context.setOffline(false)));
  await Promise.all(writers.map((writer) => isInTouch(writer.page)));
  await mark(page, 'complete');
  const seconds = (await page.evaluate((began) => performance.now() - began, began)) / 1_000;
  print('flood_changes_per_second', size, [(writers.length * WRITTEN) / seconds], '1/s', 100);
  print('flood_longest_task', size, [await longestTask(page, began)], 'ms', 50);
  for (const one of [{ context }, ...writers]) await one.context.close();
}

/** The longest task of the page since a moment; the browser tells of those over 50 ms. */
async function longestTask(page, since) {
  const told = await page.evaluate(() => window.bench.tasks());
  const lengths = told.filter((task) => task.start >= since).map((task) => task.length);
  return Math.max(0, ...lengths);
}

/** Adds a note to so many incidents, one after the other, as fast as the page lets a person. */
async function write(page, count, text) {
  const state = { count, text };
  await page.evaluate(({ count, text }) => window.bench.write(count, text), state);
}

async function isCut(page) {
  await page.locator('[data-testid=status-chip][data-state=offline]').waitFor({ timeout: 60_000 });
}

async function isInTouch(page) {
  await page.locator('[data-testid=status-chip][data-state=ok]').waitFor({ timeout: 120_000 });
}

async function taps(server, size) {
  const { context, page } = await signedIn(browser, server);
  await openAny(page);
  const [engine] = page.workers();
  await engine.evaluate(noteCommits);
  const [changed, painted, durable, told] = [[], [], [], []];
  for (let run = 0; run < TAPS; run += 1) {
    const times = await say(page, `tap ${size} ${run}`);
    const tapped = times.origin + times.tap;
    const commits = await engine.evaluate(() => self.commits);
    changed.push(times.changed - times.tap);
    painted.push(times.painted - times.tap);
    durable.push(commits.find((at) => at > tapped) - tapped);
    told.push(times.durable - times.tap);
  }
  printTail('tap_to_document', size, changed, 'ms', null);
  printTail('tap_to_painted', size, painted, 'ms', 16);
  printTail('tap_to_durable', size, durable, 'ms', 15);
  printTail('tap_to_tick', size, told, 'ms', 20);
  await context.close();
}

async function twoClients(server, size) {
  const [one, other] = [await signedIn(browser, server), await signedIn(browser, server)];
  const address = await openAny(one.page);
  await other.page.goto(address);
  await other.page.locator('main.detail').waitFor();
  await mark(other.page, 'complete');
  const visible = [];
  for (let run = 0; run < TAPS; run += 1) {
    const text = `seen ${size} ${run}`;
    const seen = other.page.evaluate((text) => window.bench.appears(text), text);
    const said = await say(one.page, text);
    visible.push((await seen) - (said.origin + said.tap));
  }
  printTail('change_to_visible_on_other', size, visible, 'ms', 100);
  await one.context.close();
  await other.context.close();
}

/* Runs in the engine. Notes when what was to be forced to the disk is on it. */
function noteCommits() {
  self.commits = [];
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...asked) {
    const transaction = begin.apply(this, asked);
    if (transaction.durability === 'strict') {
      const note = () => self.commits.push(performance.timeOrigin + performance.now());
      transaction.addEventListener('complete', note);
    }
    return transaction;
  };
}

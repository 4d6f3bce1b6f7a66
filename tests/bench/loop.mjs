// How fast the walking loop is, for 1,000 and 10,000 incidents, in Chromium with the release
// build. Times are taken inside the pages, from the event a person causes to the frame that shows
// what came of it. Prints one JSON object per line.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Server } from '../e2e/support/server.js';
import { serviceNowLog } from './support/servicenow.mjs';

const require = createRequire(join(process.env.HOLDFAST_E2E, 'package.json'));
const { chromium } = require('playwright-core');

const SIZES = (process.env.HOLDFAST_BENCH_SIZES ?? '1000,10000').split(',').filter(Boolean).map(Number);
/** Only these of the parts below; all of them when none is named. */
const PARTS = (process.env.HOLDFAST_BENCH_PARTS ?? '').split(',').filter(Boolean);
const STARTS = 5;
const TAPS = 40;
const PASSWORD = 'demo';
const QUERIES = ['category 1', 'symptom 12 open', 'caller 20', 'inc20000', 'resolver 4 group 3'];
/** Changes of other people's devices, written without a network and sent all at once. */
const WRITER = 'incident-manager@demo';
const WRITERS = 2;
/** A view in which no row moves when somebody writes. */
const STILL = '?view=all';
const WRITTEN = 150;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  for (const [at, size] of SIZES.entries()) {
    const server = await seeded(size);
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
    await compare(browser, { watched, openAny, say });
  }
} finally {
  await browser.close();
}

/** A server with the sample organisation and this many incidents more. */
async function seeded(size) {
  const server = await Server.on();
  await server.command(['demo', '--seed-only']);
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  const file = join(folder, 'log.csv');
  await writeFile(file, serviceNowLog(size));
  const began = performance.now();
  await server.command(['import', 'servicenow', file]);
  print('import', size, [(performance.now() - began) / 1000], 's', null);
  await rm(folder, { recursive: true });
  return server.start();
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
    const context = await watched(server);
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
    const context = await watched(server);
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
  const { context, page } = await signedIn(server);
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
  const { context, page } = await signedIn(server);
  const writer = await signedIn(server, WRITER, STILL);
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
  const { context, page } = await signedIn(server);
  const writers = await Promise.all(Array.from({ length: WRITERS }, () => signedIn(server, WRITER, STILL)));
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
  const { context, page } = await signedIn(server);
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
  const [one, other] = [await signedIn(server), await signedIn(server)];
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

async function signedIn(server, login = 'agent@demo', view = '') {
  const context = await watched(server);
  const page = await context.newPage();
  await page.goto(`${server.origin}/console${view}`);
  await fillSignIn(page, login);
  await page.locator('button[type=submit]').click();
  await mark(page, 'complete');
  return { context, page };
}

async function fillSignIn(page, login = 'agent@demo') {
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(PASSWORD);
}

/** Opens the first incident of the list and says where it is. */
async function openAny(page) {
  await page.locator('[data-testid=row]').first().click();
  await page.locator('main.detail .talk').waitFor();
  return page.url();
}

/** Writes a note and sends it by a tap; says when it was tapped, in the page, painted and kept. */
async function say(page, text) {
  await page.locator('#entry').fill(text);
  const times = page.evaluate((text) => window.bench.said(text), text);
  await page.locator('form.compose button[type=submit]').click();
  return times;
}

async function mark(page, name) {
  await page.waitForFunction((name) => window.bench?.marks[name], name, { polling: 100, timeout: 120_000 });
  return page.evaluate(() => window.bench.marks);
}

/** A browser whose pages note when something is on the screen. */
async function watched(server) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(observe);
  return context;
}

/* Runs in the page. A frame has been drawn when a task runs after its animation callbacks; the task
   goes before what the engine has said meanwhile, which the frame does not show. */
function observe() {
  const marks = {};
  const once = (name) => {
    if (name in marks) return;
    marks[name] = undefined;
    afterPaint((now) => (marks[name] = now));
  };
  const afterPaint = (then) => {
    requestAnimationFrame(() => {
      scheduler.postTask(() => then(performance.now()), { priority: 'user-blocking' });
    });
  };
  const long = [];
  const note = (entries) => {
    for (const entry of entries) long.push({ start: entry.startTime, length: entry.duration });
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'longtask', buffered: true });
  const tasks = () => {
    note(observer.takeRecords());
    return long;
  };
  const watchers = new Set();
  let lastChange = 0;
  const look = () => {
    lastChange = performance.now();
    if (document.querySelector('[data-testid="row"] .subject')) once('usable');
    const chip = document.querySelector('[data-testid="status-chip"]');
    if (chip?.dataset.state === 'ok') once('complete');
    for (const watcher of watchers) watcher();
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['data-state', 'data-tick'],
  });
  addEventListener('submit', (event) => (marks.submit ??= event.timeStamp), true);
  let tap = 0;
  addEventListener('click', (event) => (tap = event.timeStamp), true);
  const until = (find, then) => {
    const watcher = () => {
      const found = find();
      if (!found) return;
      watchers.delete(watcher);
      then(found);
    };
    watchers.add(watcher);
  };
  const frame = () => new Promise((resolve) => afterPaint(resolve));
  const typed = [];
  addEventListener('input', async ({ target, timeStamp }) => {
    if (target.id === 'filter') {
      const painted = await frame();
      typed.push({ typed: timeStamp, last: Math.max(lastChange, timeStamp), frame: painted });
    }
  }, true);
  const chipIs = (state) => document.querySelector('[data-testid="status-chip"]')?.dataset.state === state;
  let reach;
  const listen = () => {
    reach = new Promise((resolve) => {
      let began;
      const press = (event) => {
        if (!event.target.closest('dialog')) return;
        began = event.timeStamp;
        removeEventListener('click', press, true);
        until(() => chipIs('ok'), () => resolve(performance.now() - began));
      };
      addEventListener('click', press, true);
    });
  };
  const reached = () => reach;
  const press = (key) => {
    const list = document.querySelector('.rows');
    list.focus();
    list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  };
  const name = () => document.querySelector('[data-testid="incident-name"]')?.textContent;
  const meets = (find) => new Promise((resolve) => until(find, resolve));
  const write = async (count, text) => {
    press('Home');
    for (let at = 0; at < count; at += 1) {
      const before = name();
      press('ArrowDown');
      press('Enter');
      await meets(() => name() && name() !== before && document.querySelector('#entry'));
      const words = `${text} ${at}`;
      const entry = document.querySelector('#entry');
      entry.value = words;
      entry.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await frame();
      document.querySelector('form.compose button[type=submit]').click();
      await meets(() => message(words)?.querySelector('[data-tick="kept"], [data-tick="server"]'));
    }
  };
  const message = (text) => {
    const messages = document.querySelectorAll('.talk article');
    return [...messages].findLast((one) => one.querySelector('p')?.textContent === text);
  };
  const appears = (text) =>
    new Promise((resolve) => {
      until(() => message(text), () => afterPaint((now) => resolve(performance.timeOrigin + now)));
    });
  const said = (text) => {
    const times = { origin: performance.timeOrigin };
    return new Promise((resolve) => {
      const note = (name) => (now) => {
        times[name] = now;
        if (times.painted && times.durable) resolve({ ...times, tap });
      };
      until(() => message(text), () => {
        times.changed = performance.now();
        afterPaint(note('painted'));
      });
      const isKept = () => message(text)?.querySelector('[data-tick="kept"], [data-tick="server"]');
      until(isKept, () => note('durable')(performance.now()));
    });
  };
  window.bench = { marks, appears, said, tasks, typed, listen, reached, write };
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

function printTail(name, size, values, unit, target) {
  print(`${name}_p50`, size, values, unit, target);
  print(`${name}_p95`, size, values, unit, target, 0.95);
}

function print(name, size, values, unit, target, share = 0.5) {
  const sorted = values.toSorted((one, other) => one - other);
  const round = (value) => Math.round(value * 10) / 10;
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const line = {
    bench: 'loop',
    case: `${name}/${size}`,
    value: round(value),
    unit,
    target,
    runs: sorted.length,
    min: round(sorted[0]),
    max: round(sorted.at(-1)),
  };
  console.log(JSON.stringify(line));
}

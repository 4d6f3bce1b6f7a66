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
const STARTS = 5;
const TAPS = 40;
const PASSWORD = 'demo';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  for (const [at, size] of SIZES.entries()) {
    const server = await seeded(size);
    try {
      if (at === 0) await sizes(server);
      await starts(server, size);
      await taps(server, size);
      await twoClients(server, size);
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
  const first = page.length + (await total(/\/(console|style|text-en)-/));
  print('console_first_load', 'brotli', [first / 1000], 'KB', 260);
  print('engine', 'brotli', [(await total(/\/engine-/)) / 1000], 'KB', 430);
}

async function starts(server, size) {
  const [usable, complete, offline] = [[], [], []];
  for (let run = 0; run < STARTS; run += 1) {
    const context = await watched(server);
    const page = await context.newPage();
    await page.goto(`${server.origin}/console`);
    await fillSignIn(page);
    await page.locator('button[type=submit]').click();
    const shown = await mark(page, 'complete');
    usable.push(shown.usable - shown.submit);
    complete.push(shown.complete - shown.submit);
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
}

async function taps(server, size) {
  const { context, page } = await signedIn(server);
  await openAny(page);
  const [changed, painted, durable] = [[], [], []];
  for (let run = 0; run < TAPS; run += 1) {
    const times = await say(page, `tap ${size} ${run}`);
    changed.push(times.changed - times.tap);
    painted.push(times.painted - times.tap);
    durable.push(times.durable - times.tap);
  }
  printTail('tap_to_document', size, changed, 'ms', null);
  printTail('tap_to_painted', size, painted, 'ms', 16);
  printTail('tap_to_durable', size, durable, 'ms', 15);
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

async function signedIn(server) {
  const context = await watched(server);
  const page = await context.newPage();
  await page.goto(`${server.origin}/console`);
  await fillSignIn(page);
  await page.locator('button[type=submit]').click();
  await mark(page, 'complete');
  return { context, page };
}

async function fillSignIn(page) {
  await page.locator('input[name=login]').fill('agent@demo');
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
  const watchers = new Set();
  const look = () => {
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
  window.bench = { marks, appears, said };
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

// The console in Chromium as benchmarks use it: a server with many incidents, a signed-in page that
// notes when something is on the screen, and how figures are told.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from '../../e2e/support/server.js';
import { serviceNowLog } from './servicenow.mjs';

const PASSWORD = 'demo';

/** A server with the sample organisation and this many incidents more. */
export async function seeded(size, report) {
  const server = await Server.on();
  await server.command(['demo', '--seed-only']);
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  const file = join(folder, 'log.csv');
  await writeFile(file, serviceNowLog(size));
  const began = performance.now();
  await server.command(['import', 'servicenow', file]);
  report.print('import', size, [(performance.now() - began) / 1000], 's', null);
  await rm(folder, { recursive: true });
  return server.start();
}

export async function signedIn(browser, server, login = 'agent@demo', view = '') {
  const context = await watched(browser);
  const page = await context.newPage();
  await page.goto(`${server.origin}/console${view}`);
  await fillSignIn(page, login);
  await page.locator('button[type=submit]').click();
  await mark(page, 'complete');
  return { context, page };
}

export async function fillSignIn(page, login = 'agent@demo') {
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(PASSWORD);
}

/** Opens the first incident of the list and says where it is. */
export async function openAny(page) {
  await page.locator('[data-testid=row]').first().click();
  await page.locator('main.detail .talk').waitFor();
  return page.url();
}

/** Writes a note and sends it by a tap; says when it was tapped, in the page, painted and kept. */
export async function say(page, text) {
  await page.locator('#entry').fill(text);
  const times = page.evaluate((text) => window.bench.said(text), text);
  await page.locator('form.compose button[type=submit]').click();
  return times;
}

export async function mark(page, name) {
  await page.waitForFunction((name) => window.bench?.marks[name], name, { polling: 100, timeout: 120_000 });
  return page.evaluate(() => window.bench.marks);
}

/** A browser whose pages note when something is on the screen. */
export async function watched(browser) {
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

/** Tells the figures of one benchmark, each as a JSON object on a line of its own. */
export class Report {
  #bench;

  constructor(bench) {
    this.#bench = bench;
  }

  /** The middle of what was measured, and the value that 95 of 100 keep within. */
  printTail(name, size, values, unit, target) {
    this.print(`${name}_p50`, size, values, unit, target);
    this.print(`${name}_p95`, size, values, unit, target, 0.95);
  }

  print(name, size, values, unit, target, share = 0.5) {
    const sorted = values.toSorted((one, other) => one - other);
    const round = (value) => Math.round(value * 10) / 10;
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    const line = {
      bench: this.#bench,
      case: `${name}/${size}`,
      value: round(value),
      unit,
      target,
      runs: sorted.length,
      min: round(sorted[0]),
      max: round(sorted.at(-1)),
    };
    console.log(JSON.stringify(line));
    return value;
  }
}

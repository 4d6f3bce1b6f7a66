// How fast the desk is with 10,000 and 100,000 incidents on a device, in Chromium with the release
// build: searching, filtering and sorting the list, scrolling it, and opening an incident in which
// much was said. `--peers` lets minisearch search the same words in the same run. Prints one JSON
// object per line.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openAny, Report, say, seeded, signedIn } from './support/console.mjs';
import { serviceNowLog } from './support/servicenow.mjs';

const require = createRequire(join(process.env.HOLDFAST_E2E, 'package.json'));
const { chromium } = require('playwright-core');

const SIZES = (process.env.HOLDFAST_BENCH_SIZES ?? '10000,100000').split(',').filter(Boolean).map(Number);
/** Words, typed letter by letter, and questions. */
const WORDS = ['category 1', 'symptom 12 open', 'caller 20', 'inc20000', 'resolver 4 group 3'];
const QUESTIONS = ['state:open symptom 12', 'state:resolved -caller opened:>7d', 'priority:p3 "category 1"'];
const VIEWS = ['?view=all', '?view=unassigned', '?view=hold', '?view=resolved'];
const ENTRIES = 200;
const OPENINGS = 10;
const SCROLLS = 120;

const report = new Report('desk');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
try {
  for (const size of SIZES) {
    const server = await seeded(size, report);
    try {
      const { context, page } = await signedIn(browser, server, 'agent@demo', '?view=all');
      for (const part of [coldSearch, searches, views, scrolls]) await part(page, size);
      if (process.argv.includes('--peers')) await minisearch(size);
      await longIncident(page, size);
      await context.close();
    } finally {
      await server.remove();
    }
  }
} finally {
  await browser.close();
}

/** Milliseconds within which a keystroke is to change the list. */
function keystroke(size) {
  return size > 10_000 ? 40 : 8;
}

/** The first letter after a start, which finds nothing folded yet: the index is made by then. */
async function coldSearch(page, size) {
  const times = [];
  for (let run = 0; run < 5; run += 1) {
    await page.reload();
    await page.locator('[data-testid=row]').first().waitFor();
    times.push(...(await typed(page, 'c')));
  }
  report.print('search_from_nothing', size, times, 'ms', size > 10_000 ? null : 600);
}

async function searches(page, size) {
  for (const [name, asked] of [['search', WORDS], ['question', QUESTIONS]]) {
    const times = [];
    for (const text of asked) times.push(...(await typed(page, text)));
    report.printTail(`${name}_keystroke`, size, times, 'ms', keystroke(size));
  }
}

/** Types letter by letter: from each event to the last change of the list. */
async function typed(page, text) {
  const filter = page.locator('#filter');
  const times = [];
  await filter.click();
  for (const letter of text) {
    const before = await page.evaluate(() => window.bench.typed.length);
    await page.keyboard.type(letter);
    await page.waitForFunction((before) => window.bench.typed.length > before, before);
    const { typed, last } = await page.evaluate(() => window.bench.typed.at(-1));
    times.push(last - typed);
  }
  await filter.fill('');
  return times;
}

/** From choosing another view, or another order, to the last change of the list. */
async function views(page, size) {
  const times = [];
  for (let run = 0; run < 5; run += 1) {
    for (const view of VIEWS) times.push(await changed(page, `nav a[href$="${view}"]`));
  }
  report.printTail('view', size, times, 'ms', keystroke(size));
  const orders = [];
  await page.locator('nav a[href$="?view=all"]').click();
  for (let run = 0; run < 20; run += 1) orders.push(await changed(page, '.tag.order'));
  report.printTail('sort', size, orders, 'ms', keystroke(size));
}

/** Presses something: from the press to the last change within two frames. */
function changed(page, selector) {
  return page.evaluate(async (selector) => {
    const pressed = document.querySelector(selector);
    const began = performance.now();
    let last = began;
    const observer = new MutationObserver(() => {
      last = performance.now();
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    pressed.click();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    observer.disconnect();
    return last - began;
  }, selector);
}

/** Turns the wheel as fast as frames come: the time between frames, and how many rows are there. */
async function scrolls(page, size) {
  const { gaps, rows } = await page.evaluate(async (turns) => {
    const list = document.querySelector('.rows');
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const [gaps, rows] = [[], []];
    list.scrollTop = 0;
    let last = await frame();
    for (let turn = 0; turn < turns; turn += 1) {
      // Sometimes a little, sometimes to quite another place.
      list.scrollTop += turn % 20 === 19 ? list.scrollHeight / 8 : 240;
      const now = await frame();
      gaps.push(now - last);
      rows.push(document.querySelectorAll('[data-testid="row"]').length);
      last = now;
    }
    return { gaps, rows };
  }, SCROLLS);
  report.printTail('scroll_frame', size, gaps, 'ms', 33);
  report.print('scroll_longest_frame', size, [Math.max(...gaps)], 'ms', 33);
  report.print('rows_in_document', size, [Math.max(...rows)], 'rows', 80);
}

/** An incident in which much was said: from pressing its row to the frame that shows it. */
async function longIncident(page, size) {
  const address = await openAny(page);
  for (let entry = 0; entry < ENTRIES; entry += 1) await say(page, `entry ${entry} of ${size}`);
  const times = [];
  for (let run = 0; run < OPENINGS; run += 1) {
    await page.locator('[data-testid=row]').nth(1).click();
    await page.waitForURL((now) => now.href !== address);
    times.push(
      await page.evaluate(async (count) => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        const began = performance.now();
        document.querySelector('[data-testid="row"]').click();
        const shows = () => document.querySelectorAll('.talk article').length >= count;
        while (!shows()) {
          if (performance.now() - began > 30_000) throw new Error('the first row is not the incident that was written to');
          await frame();
        }
        await frame();
        return performance.now() - began;
      }, ENTRIES),
    );
  }
  report.print('open_200_entries', size, times, 'ms', 80);
}

/** The same words through minisearch, all of them a beginning and none left out, as ours. */
async function minisearch(size) {
  const peers = createRequire(new URL('./peers/package.json', import.meta.url));
  const page = await browser.newPage();
  await page.addScriptTag({ path: peers.resolve('minisearch').replace(/\/dist\/.*$/, '/dist/umd/index.js') });
  const { built, found } = await page.evaluate(
    ({ log, words }) => {
      const [head, ...lines] = log.trim().split('\n').map((line) => line.split(','));
      const incidents = new Map();
      for (const line of lines) {
        const of = (name) => line[head.indexOf(name)];
        incidents.set(of('number'), {
          id: of('number'),
          number: of('number'),
          subject: [of('category'), of('subcategory'), of('u_symptom')].join(' '),
          requester: of('caller_id'),
          assignee: of('assigned_to'),
          group: of('assignment_group'),
          site: of('location'),
          state: of('incident_state'),
        });
      }
      const fields = ['number', 'subject', 'requester', 'assignee', 'group', 'site', 'state'];
      const index = new window.MiniSearch({ fields });
      const began = performance.now();
      index.addAll([...incidents.values()]);
      const built = performance.now() - began;
      const found = [];
      for (const text of words) {
        for (let end = 1; end <= text.length; end += 1) {
          const asked = performance.now();
          index.search(text.slice(0, end), { prefix: true, combineWith: 'AND' });
          found.push(performance.now() - asked);
        }
      }
      return { built, found };
    },
    { log: serviceNowLog(size), words: WORDS },
  );
  report.print('minisearch_index', size, [built], 'ms', null);
  report.printTail('minisearch_keystroke', size, found, 'ms', null);
  await page.close();
}

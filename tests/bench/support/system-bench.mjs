// The cases that every engine goes through, each bounded in time and never left out in silence.
import { histories, isOpen, lastState } from './incidents.mjs';
import { exceeded, figure, unmeasured } from './report.mjs';

const LIMIT_MILLIS = 1_000 * Number(process.env.HOLDFAST_BENCH_PEERS_LIMIT ?? 600);
/** What takes long is not done again once a case has taken this long. */
const CASE_LONG_MILLIS = 60_000;
/** The case of two clients needs two browsers. */
const SYNCS = { least: 2, most: 3 };
const STARTS = { least: 1, most: 5 };
const RECONNECTS = { least: 1, most: 5 };
const TAPS = 40;

export class Bench {
  figures = new Map();
  #browsers = [];
  /** The browsers that hold everything. */
  #contexts = [];

  constructor({ browser, desk, system, log, tell }) {
    Object.assign(this, { browser, desk, system, tell });
    const all = histories(log);
    this.size = all.length;
    this.share = Math.max(1, Math.round(all.length / 100));
    const unresolved = all.filter((history) => isOpen(lastState(history)));
    this.unresolved = unresolved.map(({ number }) => number);
    /** How many the list of open incidents begins with. */
    this.open = unresolved.length;
  }

  async all() {
    await this.#case('code_size', 'KB', async (sizes) => sizes.push((await this.system.codeBytes()) / 1_000));
    await this.#firstSyncs();
    await this.#case('offline_start_to_list', 'ms', (times) => this.#starts(times));
    await this.#case('reconnect_unchanged', 'ms', (times) => this.#reconnects(times, 0));
    await this.#case('reconnect_1_percent', 'ms', (times) => this.#reconnects(times, this.share));
    await this.#edits();
  }

  /** Measures one case into `values`; what fails or takes too long is told as such. */
  async #case(name, unit, work, shares = { '': 0.5 }) {
    const values = [];
    const note = await failure(() => work(values));
    for (const [suffix, share] of Object.entries(shares)) {
      const told = `${name}${suffix}/${this.system.name}`;
      const line = values.length > 0 ? figure(told, values, unit, { share }) : without(told, unit, note);
      this.figures.set(`${name}${suffix}`, { ...line, ...(note && { note }) });
      this.tell(this.figures.get(`${name}${suffix}`));
    }
  }

  async #firstSyncs() {
    const carried = [];
    await this.#case('first_sync', 'ms', async (times) => {
      await repeated(SYNCS, async () => {
        const sync = await bounded(this.#firstSync());
        times.push(sync.millis);
        carried.push(sync.carried / 1_000);
      });
    });
    await this.#case('first_sync_wire', 'KB', async (sizes) => sizes.push(...carried));
  }

  async #firstSync() {
    const { wire } = this.system;
    const context = await this.#context();
    const page = await this.#opened(context, this.system.page);
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    wire.reset();
    await this.system.sync(page);
    const shown = await this.#shown(page, { state: 'ok', count: this.open });
    const begun = await page.evaluate(() => window.bench.marks.submit);
    const told = { millis: shown.now - begun, carried: wire.down + wire.up };
    await page.close();
    this.#contexts.push(context);
    return told;
  }

  async #starts(times) {
    const context = this.#filled(1);
    await context.setOffline(true);
    const start = async () => {
      const page = await this.#opened(context, `${this.system.page}?view=all`);
      const shown = await this.#shown(page, { count: this.size });
      await page.close();
      return shown.now;
    };
    // The first offline start compiles what the next ones find compiled.
    await bounded(start());
    await repeated(STARTS, async () => times.push(await bounded(start())));
    await context.setOffline(false);
  }

  async #reconnects(times, changes) {
    const context = this.#filled(1);
    await repeated(RECONNECTS, async () => times.push(await bounded(this.#reconnect(context, changes))));
  }

  /** A page opened without a network, what happened elsewhere meanwhile, and the network again. */
  async #reconnect(context, changes) {
    await context.setOffline(true);
    this.system.wire.cut();
    const page = await this.#opened(context, this.system.page);
    await page.waitForFunction(() => window.ruler.count() > 0 && window.ruler.state() === 'offline');
    const count = await page.evaluate(() => window.ruler.count());
    const changed = this.unresolved.splice(0, changes);
    if (changes > 0) await this.system.change(changed);
    this.system.wire.reset();
    await context.setOffline(false);
    await this.system.resync(page);
    const shown = await this.#shown(page, { state: 'ok', count: count - changed.length });
    await page.close();
    return shown.at - this.system.wire.firstAt;
  }

  async #edits() {
    const visible = [];
    const tails = { _p50: 0.5, _p95: 0.95 };
    const edit = async (durable) => {
      const [one, other] = await bounded(this.#twoPages());
      for (let run = 0; run < TAPS; run += 1) {
        const text = `compared ${run}`;
        const seen = other.evaluate((text) => window.bench.appears(text), text);
        const said = await bounded(this.desk.say(one, text));
        durable.push(said.durable - said.tap);
        visible.push((await bounded(seen)) - (said.origin + said.tap));
      }
    };
    await this.#case('tap_to_durable', 'ms', edit, tails);
    await this.#case('change_to_visible_on_other', 'ms', async (times) => times.push(...visible), tails);
  }

  /** The same incident on two devices that listen. */
  async #twoPages() {
    this.#filled(2);
    const open = async (context) => {
      const page = await this.#opened(context, this.system.live);
      await this.#shown(page, { state: 'ok' });
      return page;
    };
    const [one, other] = [await open(this.#contexts[0]), await open(this.#contexts[1])];
    await other.goto(await this.desk.openAny(one));
    await other.locator('main.detail .talk article').first().waitFor();
    await this.#shown(other, { state: 'ok' });
    return [one, other];
  }

  /** The first of at least so many browsers that hold everything. */
  #filled(least) {
    if (this.#contexts.length < least) throw new Error('not reached: the first synchronisation did not end');
    return this.#contexts[0];
  }

  /** A browser of its own, with the rulers in its pages. */
  async #context() {
    const context = await this.desk.watched();
    this.#browsers.push(context);
    context.setDefaultTimeout(LIMIT_MILLIS);
    await context.addInitScript(ruler);
    return context;
  }

  async #opened(context, path) {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${this.system.name}: ${error}`));
    await page.goto(this.system.wire.origin + path);
    return page;
  }

  /** When the list and the status on the screen first were so. */
  async #shown(page, wanted) {
    const handle = await page.waitForFunction((wanted) => window.ruler.first(wanted), wanted, { polling: 50 });
    return handle.jsonValue();
  }

  async end() {
    await Promise.all(this.#browsers.map((context) => context.close()));
  }
}

/* Runs in the page: notes when the count of the list and the status were first on the screen. */
function ruler() {
  const seen = [];
  const find = (name) => document.querySelector(`[data-testid="${name}"]`);
  const count = () => Number(find('queue-count')?.textContent.replace(/\D/g, '') ?? 0);
  const state = () => find('status-chip')?.dataset.state;
  let before;
  const look = () => {
    const now = { count: count(), state: state() };
    const key = JSON.stringify(now);
    if (key === before) return;
    before = key;
    requestAnimationFrame(() => {
      const note = () => seen.push({ ...now, now: performance.now(), at: Date.now() });
      scheduler.postTask(note, { priority: 'user-blocking' });
    });
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['data-state'],
  });
  const first = (wanted) =>
    seen.find((one) => Object.entries(wanted).every(([name, value]) => one[name] === value));
  window.ruler = { count, state, first };
}

const TOO_LONG = new Error(`> ${LIMIT_MILLIS / 1_000} s`);

async function repeated({ least, most }, work) {
  const began = performance.now();
  const isLong = () => performance.now() - began > CASE_LONG_MILLIS;
  for (let run = 0; run < most && (run < least || !isLong()); run += 1) await work();
}

/** Why the work did not end, if it did not. */
async function failure(work) {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error.name === 'TimeoutError' ? TOO_LONG : error).message.split('\n')[0];
  }
}

function without(name, unit, note) {
  const isOver = note === TOO_LONG.message;
  return isOver ? exceeded(name, LIMIT_MILLIS, unit, note) : unmeasured(name, unit, note ?? 'nothing was measured');
}

/** Gives the work up where it takes too long. */
async function bounded(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(TOO_LONG), LIMIT_MILLIS);
  });
  // What is given up fails later, when its browser is closed.
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

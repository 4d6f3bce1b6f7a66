// The page around an engine: a list, one open incident, a field to write in. It carries the marks
// of our console (`data-testid`, `data-state`, `data-tick`), so that one ruler measures them all.
import { isOpen } from '../support/incidents.mjs';

const ROWS_SHOWN = 50;
const wanted = new URLSearchParams(location.search);
const find = (selector) => document.querySelector(selector);

/** Shows what the engine keeps and does with it what a person asks for. */
export async function present(engine) {
  const rows = new Map();
  const sent = [];
  const draw = oncePerFrame(() => {
    drawList(rows);
    drawTalk(engine, sent);
  });
  engine.changed = (row) => {
    rows.set(row.id, row);
    draw();
  };
  const synced = async (work) => {
    say('saving');
    await work;
    drawList(rows);
    say('ok');
  };
  listen(engine, sent, draw, synced);
  const worker = navigator.serviceWorker.register('sw.js');
  for (const row of await engine.open()) rows.set(row.id, row);
  draw();
  await worker;
  if (wanted.has('live')) {
    await synced(engine.sync());
    engine.live();
  }
}

function listen(engine, sent, draw, synced) {
  const on = (selector, event, work) => find(selector).addEventListener(event, work);
  on('.sync', 'submit', (event) => {
    event.preventDefault();
    synced(engine.sync());
  });
  on('.rows', 'click', (event) => {
    location.hash = event.target.closest('[data-testid=row]').dataset.id;
  });
  on('.compose', 'submit', (event) => {
    event.preventDefault();
    const entry = { text: find('#entry').value, tick: 'waiting' };
    sent.push(entry);
    find('#entry').value = '';
    const kept = engine.append(opened(), { at: new Date().toISOString(), by: 'Agent', text: entry.text });
    draw();
    kept.then(() => {
      entry.tick = 'kept';
      drawTick(entry);
    });
  });
  addEventListener('hashchange', draw);
}

function opened() {
  return decodeURIComponent(location.hash.slice(1));
}

function say(state) {
  find('[data-testid=status-chip]').dataset.state = state;
}

function drawList(rows) {
  const all = [...rows.values()];
  const shown = wanted.get('view') === 'all' ? all : all.filter((row) => isOpen(row.state));
  find('[data-testid=queue-count]').textContent = `${shown.length} incidents`;
  const lines = shown.slice(0, ROWS_SHOWN).map((row) => {
    const line = document.createElement('li');
    line.dataset.testid = 'row';
    line.dataset.id = row.id;
    line.innerHTML = '<span class="subject"></span> <span class="state"></span>';
    line.querySelector('.subject').textContent = row.subject;
    line.querySelector('.state').textContent = row.state;
    return line;
  });
  find('.rows').replaceChildren(...lines);
}

async function drawTalk(engine, sent) {
  if (!opened()) return;
  find('main.detail').hidden = false;
  const texts = (await engine.texts(opened())) ?? [];
  const waiting = sent.map((entry) => entry.text).filter((text) => !texts.includes(text));
  const articles = [...texts, ...waiting].map((text) => {
    const article = document.createElement('article');
    article.append(Object.assign(document.createElement('p'), { textContent: text }));
    return article;
  });
  find('.talk').replaceChildren(...articles);
  sent.forEach(drawTick);
}

function drawTick({ text, tick }) {
  const articles = [...document.querySelectorAll('.talk article')];
  const article = articles.findLast((one) => one.querySelector('p').textContent === text);
  const mark = article?.querySelector('[data-tick]') ?? article?.appendChild(document.createElement('span'));
  if (mark) mark.dataset.tick = tick;
}

function oncePerFrame(work) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      work();
    });
  };
}

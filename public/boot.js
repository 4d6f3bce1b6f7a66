// What console and portal do alike around their wasm: the look before the first paint, the texts
// on their way, an early engine, a word when the start fails, and news of an update.
const page = document.documentElement;

// Before the first paint: what this device was set to look and act like.
try {
  for (const name of ['theme', 'density', 'keys']) {
    const value = localStorage.getItem(`holdfast-${name}`);
    if (value) page.dataset[name] = value;
  }
  const language = localStorage.getItem('holdfast-language') ?? navigator.language;
  page.lang = language.toLowerCase().startsWith('de') ? 'de' : 'en';
} catch {
  // Storage is closed to this page; it looks as the system does.
}

// The texts travel beside the wasm, which asks for them only once it runs.
const texts = document.createElement('link');
texts.rel = 'preload';
texts.as = 'fetch';
texts.crossOrigin = 'anonymous';
texts.href = document.querySelector(`meta[name="holdfast-text-${page.lang}"]`).content;
document.head.append(texts);

// The engine takes as long to start as the page does, which takes it over. Not on a first visit,
// where it would only take a share of the line from the page.
if (navigator.serviceWorker?.controller) {
  const address = document.querySelector('meta[name="holdfast-engine"]').content;
  window.holdfastEngine = new Worker(address, { type: 'module' });
  window.holdfastEngine.onerror = () => delete window.holdfastEngine;
}

export async function start(init, wasm, worker, scope) {
  try {
    await init({ module_or_path: wasm });
  } catch (error) {
    document.getElementById('failed')?.removeAttribute('hidden');
    document.getElementById('boot')?.removeAttribute('aria-busy');
    throw error;
  } finally {
    beTogether(scope === '/' ? 'holdfast.portal' : 'holdfast.person');
    // Also when the page failed: the next version may be the one that starts.
    keepCurrent(worker, scope).catch(() => {});
  }
}

// Who signs in or out does so in every tab: what one of them still shows is not for whoever comes
// next. What is being written goes to the engine as the page goes.
function beTogether(slot) {
  const whose = (person) => JSON.parse(person)?.id;
  window.addEventListener('storage', ({ key, oldValue, newValue }) => {
    if (key === slot && whose(oldValue) !== whose(newValue)) location.reload();
  });
}

async function keepCurrent(worker, scope) {
  if (!('serviceWorker' in navigator)) return;
  const workers = navigator.serviceWorker;
  // The portal's worker looks after the whole origin until the console has one of its own.
  let controlled = workers.controller?.scriptURL.endsWith(worker) ?? false;
  let restarting = false;

  workers.addEventListener('controllerchange', () => {
    if (restarting) location.reload();
    // Another tab restarted into a new version; this one goes on with the old until it is asked.
    else if (controlled) announce();
    controlled = true;
  });

  const registration = await workers.register(worker, { scope, updateViaCache: 'none' });
  window.addEventListener('holdfast-restart', () => {
    if (!registration.waiting) return location.reload();
    restarting = true;
    registration.waiting.postMessage({ type: 'skip-waiting' });
  });

  if (registration.waiting && controlled) announce();
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && controlled) announce();
    });
  });

  const look = () => registration.update().catch(() => {});
  setInterval(look, 3_600_000);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look();
  });
}

// The attribute is for a view that is made after the event.
function announce() {
  page.dataset.update = 'ready';
  window.dispatchEvent(new CustomEvent('holdfast-update'));
}

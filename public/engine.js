// Starts the engine in its worker. Messages that arrive before it listens are held back and
// handed over in order: a worker loses silently what comes before its first listener.
import init from '/assets/engine-glue.js';

const early = [];
const hold = (event) => {
  event.stopImmediatePropagation();
  early.push(event);
};
self.addEventListener('message', hold);

try {
  await init({ module_or_path: '/assets/engine.wasm' });
  self.removeEventListener('message', hold);
  for (const { data, ports } of early) {
    self.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
  }
} catch (error) {
  // The page hears of it through the worker's `error` event and starts another.
  reportError(error);
}

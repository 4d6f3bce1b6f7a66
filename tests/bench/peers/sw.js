// Keeps the page on the device, so that it starts without a network as our console does.
const FILES = ['./', 'page.js', 'automerge.wasm'];

addEventListener('install', (event) => {
  const kept = async () => {
    const cache = await caches.open('page');
    // The second engine has no WebAssembly.
    await Promise.all(FILES.map((file) => cache.add(file).catch(() => {})));
    await skipWaiting();
  };
  event.waitUntil(kept());
});
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const address = new URL(event.request.url);
  const isOfPage = address.pathname === '/' || FILES.includes(address.pathname.slice(1));
  if (!isOfPage) return;
  const kept = () => caches.match(address.pathname, { ignoreVary: true });
  event.respondWith(kept().then((answer) => answer ?? fetch(event.request)));
});

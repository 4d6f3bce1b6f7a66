// Keeps one whole version of a surface, console or portal, on the device and serves it without a
// network. Each surface has its own worker, so a device holds only what its people use. Data is
// never cached here: the engine keeps it. The build fills in the values.
const version = '__VERSION__';
const hashed = __HASHED__;
const fixed = __FIXED__;
const prefix = '__PREFIX__';
/** The address of the page, and which addresses it answers. */
const page = '__PAGE__';
const pages = __PAGES__;

const current = prefix + version;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('message', (event) => {
  if (event.data?.type === 'skip-waiting') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = request.method === 'GET' && own(request);
  if (path) event.respondWith(answer(path, request));
});

// All or nothing: a version of which one file is missing never becomes the active one.
async function install() {
  const cache = await caches.open(current);
  try {
    await Promise.all([
      ...hashed.map((path) => keep(cache, path)),
      ...Object.keys(fixed).map((path) => fetchFixed(cache, path)),
    ]);
  } catch (error) {
    await caches.delete(current);
    throw error;
  }
}

// A name with a hash means one content for ever, so the copy of an earlier version will do.
async function keep(cache, path) {
  const held = await caches.match(path, { ignoreVary: true });
  const response = held ?? (await fetch(path));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await cache.put(path, response);
}

// The digest refuses a page of another version, served while the server was being replaced.
async function fetchFixed(cache, path) {
  const response = await fetch(path, { cache: 'no-cache', integrity: fixed[path] });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await cache.put(path, response);
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && name !== current) await caches.delete(name);
  }
  await self.clients.claim();
}

// The address to look up for a request, or nothing when it goes to the network untouched.
function own(request) {
  const { origin, pathname, searchParams } = new URL(request.url);
  if (origin !== self.location.origin) return undefined;
  if (request.mode === 'navigate') {
    // The plain page is the server's, for browsers in which this one does not start.
    return pages.test(pathname) && !searchParams.has('plain') ? page : undefined;
  }
  const isFile = pathname.startsWith('/assets/') || pathname.startsWith('/icons/');
  return isFile || Object.hasOwn(fixed, pathname) ? pathname : undefined;
}

async function answer(path, request) {
  const held = await caches.match(path, { cacheName: current, ignoreVary: true });
  return held ?? (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}

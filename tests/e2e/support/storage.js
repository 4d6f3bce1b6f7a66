// What lies on a device, read and damaged from a page of the same origin that runs no client.

/** The databases of clients on this device. */
export function databases(page) {
  return page.evaluate(async () => {
    const all = await indexedDB.databases();
    return all.map((one) => one.name).filter((name) => name.startsWith('holdfast-')).sort();
  });
}

/** Where a text lies: in which databases, caches or keys of this origin. */
export function placesOf(page, text) {
  return page.evaluate(async (text) => {
    const wanted = new TextEncoder().encode(text);
    const holds = (bytes) => {
      for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
        if (wanted.every((byte, place) => bytes[at + place] === byte)) return true;
      }
      return false;
    };
    const asBytes = (value) => {
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer);
      return new TextEncoder().encode(JSON.stringify(value) ?? '');
    };
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const places = new Set();
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const records = await done(database.transaction(store).objectStore(store).getAll());
        if (records.some((record) => holds(asBytes(record)))) places.add(name);
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const held = await cache.match(request);
        if (holds(new Uint8Array(await held.arrayBuffer()))) places.add(`cache ${name}`);
      }
    }
    for (const storage of [localStorage, sessionStorage]) {
      for (const [key, value] of Object.entries(storage)) {
        if (`${key}${value}`.includes(text)) places.add(key);
      }
    }
    return [...places].sort();
  }, text);
}

/** Overwrites the first records of some stores with bytes that mean nothing; says how many. */
export function garble(page, name, stores, limit = Infinity) {
  return page.evaluate(async ([name, stores, limit]) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await done(indexedDB.open(name));
    let count = 0;
    for (const store of stores) {
      const all = await done(database.transaction(store).objectStore(store).getAllKeys());
      const keys = all.slice(0, limit);
      const own = database.transaction(store, 'readwrite').objectStore(store);
      const noise = new Uint8Array(64).fill(0xa5);
      await Promise.all(keys.map((key) => done(own.put(noise, key))));
      count += keys.length;
    }
    database.close();
    return count;
  }, [name, stores, limit]);
}

/** Writes a database anew with no more than some of its stores, as a browser leaves it that lost the
    others. */
export function keepOnly(page, name, stores) {
  return page.evaluate(async ([name, stores]) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const before = await done(indexedDB.open(name));
    const { version } = before;
    const kept = [];
    for (const store of stores) {
      const own = before.transaction(store).objectStore(store);
      const { autoIncrement } = own;
      const [keys, records] = await Promise.all([done(own.getAllKeys()), done(own.getAll())]);
      kept.push({ store, autoIncrement, keys, records });
    }
    before.close();
    await done(indexedDB.deleteDatabase(name));
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => {
      for (const { store, autoIncrement, keys, records } of kept) {
        const own = opening.result.createObjectStore(store, { autoIncrement });
        keys.forEach((key, place) => own.put(records[place], key));
      }
    };
    (await done(opening)).close();
  }, [name, stores]);
}

/** The records of one store of a database, as texts. */
export function recordsOf(page, name, store) {
  return page.evaluate(([name, store]) => new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const reading = opening.result.transaction(store).objectStore(store).getAll();
      reading.onsuccess = () => resolve(reading.result.map((record) => new TextDecoder().decode(record)));
      opening.result.close();
    };
  }), [name, store]);
}

/** Keeps stores of a database busy, so that nothing can be written there, until the returned function
    is called. */
export async function occupy(page, name, stores) {
  await page.evaluate(([name, stores]) => new Promise((taken, failed) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(stores, 'readwrite');
      const turn = () => {
        taken();
        if (!window.freed) transaction.objectStore(stores[0]).count().onsuccess = turn;
      };
      window.freed = undefined;
      transaction.objectStore(stores[0]).count().onsuccess = turn;
      transaction.oncomplete = () => {
        opening.result.close();
        window.freed();
      };
    };
  }), [name, stores]);
  return () => page.evaluate(() => new Promise((done) => (window.freed = done)));
}

// What lies on a device, read and damaged from a page of the same origin that runs no client.
import { createDecipheriv } from 'node:crypto';

/** The databases of clients on this device. */
export function databases(page) {
  return page.evaluate(async () => {
    const all = await indexedDB.databases();
    return all.map((one) => one.name).filter((name) => name.startsWith('holdfast-')).sort();
  });
}

/** Where a text lies, for whoever holds the keys of this device: in which databases, caches or keys
    of this origin. */
export async function placesOf(page, text) {
  const wanted = Buffer.from(text);
  const records = await decrypted(page);
  const kept = records.filter(({ bytes }) => bytes.includes(wanted)).map(({ database }) => database);
  return [...new Set([...kept, ...(await besides(page, text))])].sort();
}

/** Where it lies for whoever only reads the disk. */
export async function plainPlacesOf(page, text) {
  const records = await stored(page);
  const plain = records.filter(({ bytes }) => bytes.includes(Buffer.from(text)));
  return [...new Set([...plain.map(({ database }) => database), ...(await besides(page, text))])].sort();
}

/** In which caches and keys of this origin a text lies. */
function besides(page, text) {
  return page.evaluate(async (text) => {
    const wanted = new TextEncoder().encode(text);
    const holds = (bytes) => {
      for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
        if (wanted.every((byte, place) => bytes[at + place] === byte)) return true;
      }
      return false;
    };
    const places = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const held = await cache.match(request);
        if (holds(new Uint8Array(await held.arrayBuffer()))) places.push(`cache ${name}`);
      }
    }
    for (const storage of [localStorage, sessionStorage]) {
      for (const [key, value] of Object.entries(storage)) {
        if (`${key}${value}`.includes(text)) places.push(key);
      }
    }
    return places;
  }, text);
}

/** Every record of every database as it lies there. */
async function stored(page, only) {
  const records = await page.evaluate(async (only) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const asBytes = (value) => {
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer);
      return new TextEncoder().encode(JSON.stringify(value) ?? '');
    };
    const inBase64 = (bytes) => {
      let text = '';
      for (let at = 0; at < bytes.length; at += 8192) {
        text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      }
      return btoa(text);
    };
    const records = [];
    for (const { name } of await indexedDB.databases()) {
      if (only && name !== only) continue;
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const own = database.transaction(store).objectStore(store);
        const [keys, all] = await Promise.all([done(own.getAllKeys()), done(own.getAll())]);
        all.forEach((record, place) => {
          records.push({ database: name, store, key: keys[place], bytes: inBase64(asBytes(record)) });
        });
      }
      database.close();
    }
    return records;
  }, only);
  return records.map((record) => ({ ...record, bytes: Buffer.from(record.bytes, 'base64') }));
}

/** The keys under which the records of each database lie, as only a page of this origin learns them. */
async function keysOf(page) {
  const keys = await page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const keys = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      if (database.objectStoreNames.contains('keys')) {
        const own = () => database.transaction('keys').objectStore('keys');
        const [device, data] = [await done(own().get('device')), await done(own().get('data'))];
        if (device && data) {
          const algorithm = { name: 'AES-GCM', iv: data.slice(0, 12) };
          const key = await crypto.subtle.decrypt(algorithm, device, data.slice(12));
          keys.push([name, Array.from(new Uint8Array(key))]);
        }
      }
      database.close();
    }
    return keys;
  });
  // Behind a PIN lies a key that is wrapped once more: of no use to anybody without it.
  const usable = keys.filter(([, key]) => key.length === 32);
  return new Map(usable.map(([name, key]) => [name, Buffer.from(key)]));
}

/** Every record of every database, or of one, as the client reads it. */
async function decrypted(page, only) {
  const keys = await keysOf(page);
  const records = await stored(page, only);
  return records
    .filter(({ store }) => store !== 'keys')
    .map((record) => ({ ...record, bytes: decrypt(keys.get(record.database), record) ?? record.bytes }));
}

/** A record as the client reads it; nothing if it was not written under this key. */
function decrypt(key, { store, bytes }) {
  if (!key || bytes.length < 28) return undefined;
  const cipher = createDecipheriv('chacha20-poly1305', key, bytes.subarray(0, 12), { authTagLength: 16 });
  cipher.setAAD(Buffer.from(store));
  cipher.setAuthTag(bytes.subarray(-16));
  try {
    return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
  } catch {
    return undefined;
  }
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

/** Writes a database anew as the first layout had it: without keys and files, all records plain. */
export async function asFirstLayout(page, name) {
  const records = (await decrypted(page, name)).map(({ store, key, bytes }) => ({ store, key, bytes: [...bytes] }));
  await page.evaluate(async ([name, records]) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const before = await done(indexedDB.open(name));
    const stores = [...before.objectStoreNames].filter((store) => !['keys', 'blobs', 'uploads'].includes(store));
    before.close();
    await done(indexedDB.deleteDatabase(name));
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      for (const store of stores) {
        const own = opening.result.createObjectStore(store, { autoIncrement: store === 'outbox' });
        for (const { key, bytes } of records.filter((record) => record.store === store)) {
          own.put(new Uint8Array(bytes), key);
        }
      }
    };
    (await done(opening)).close();
  }, [name, records]);
}

/** Takes a key out of a database. */
export function loseKey(page, name, key) {
  return page.evaluate(([name, key]) => new Promise((done, failed) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('keys', 'readwrite');
      transaction.objectStore('keys').delete(key);
      transaction.oncomplete = () => {
        opening.result.close();
        done();
      };
    };
  }), [name, key]);
}

/** The records of one store of a database, as texts. */
export async function recordsOf(page, name, store) {
  const records = (await decrypted(page, name)).filter((record) => record.store === store);
  return records.map(({ bytes }) => bytes.toString());
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

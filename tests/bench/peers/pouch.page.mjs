// PouchDB in the browser: every incident a document of one database.
import PouchDB from 'pouchdb-core';
import http from 'pouchdb-adapter-http';
import idb from 'pouchdb-adapter-idb';
import replication from 'pouchdb-replication';
import { present } from './page.mjs';

PouchDB.plugin(idb).plugin(http).plugin(replication);

class Pouch {
  #db = new PouchDB('incidents', { adapter: 'idb' });
  #remote = new PouchDB(`${location.origin}/db/incidents`);

  async open() {
    const { rows } = await this.#db.allDocs({ include_docs: true });
    if (rows.length > 0) this.#follow();
    return rows.map(({ doc }) => row(doc));
  }

  async sync() {
    const { doc_count: known } = await this.#db.info();
    if (known > 0) return this.#db.sync(this.#remote);
    await this.#db.replicate.from(this.#remote);
    const { rows } = await this.#db.allDocs({ include_docs: true });
    for (const { doc } of rows) this.changed(row(doc));
    this.#follow();
  }

  /** Not during the first synchronisation, which would read everything twice. */
  #follow() {
    const changes = this.#db.changes({ since: 'now', live: true, include_docs: true });
    changes.on('change', ({ doc }) => this.changed(row(doc)));
  }

  live() {
    this.#db.sync(this.#remote, { live: true, retry: true });
  }

  async append(id, entry) {
    const doc = await this.#db.get(id);
    await this.#db.put({ ...doc, entries: [...doc.entries, entry] });
  }

  async texts(id) {
    return (await this.#db.get(id)).entries.map((entry) => entry.text);
  }
}

function row({ _id, subject, state }) {
  return { id: _id, subject, state };
}

present(new Pouch());

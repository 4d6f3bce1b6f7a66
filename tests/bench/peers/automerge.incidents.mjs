// Incidents in automerge-repo, in a browser and without one: every incident a document, a document
// more that lists them.
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket';

// With 500 at once documents are reported unavailable.
const FINDS_AT_ONCE = 50;

export class Incidents {
  #repo;
  #address;
  #root;
  #handles = new Map();
  #adapter;

  /** `root` remembers which document lists the others: `get()` and `set(id)`. */
  use({ repo, address, root }) {
    this.#repo = repo;
    this.#address = address;
    this.#root = root;
  }

  changed() {}

  async open() {
    const root = await this.#root.get();
    return root ? this.#find(root) : [];
  }

  /** Everything from the server onto the disk; resolves when the server has answered for each. */
  async sync() {
    const known = new Set([...this.#handles.values()].map((handle) => handle.documentId));
    const answered = this.#connect(known);
    if (known.size === 0) {
      const root = await (await fetch(new URL('/root', this.#address))).text();
      for (const row of await this.#find(root)) this.changed(row);
      await this.#repo.flush();
      await this.#root.set(root);
    } else {
      await answered;
      await this.#repo.flush();
    }
  }

  /** The connection of `sync` stays. */
  live() {}

  async append(id, entry) {
    this.#handles.get(id).change((doc) => doc.entries.push(entry));
    await this.#repo.flush([id]);
  }

  async texts(id) {
    return this.#handles.get(id)?.doc().entries.map((entry) => String(entry.text));
  }

  #connect(known) {
    this.#adapter = new WebSocketClientAdapter(`${this.#address.replace('http', 'ws')}/sync`);
    const open = new Set(known);
    const answered = new Promise((resolve) => {
      this.#adapter.on('message', ({ type, documentId }) => {
        if (type === 'sync') open.delete(documentId);
        if (open.size === 0) resolve();
      });
    });
    this.#repo.networkSubsystem.addNetworkAdapter(this.#adapter);
    return answered;
  }

  async #find(root) {
    await this.#adapter?.whenReady();
    const ids = Object.values((await this.#repo.find(root)).doc().incidents).map(String);
    const rows = [];
    const work = async () => {
      for (let id = ids.pop(); id; id = ids.pop()) {
        const handle = await this.#repo.find(id);
        this.#handles.set(id, handle);
        handle.on('change', () => this.changed(row(handle)));
        rows.push(row(handle));
      }
    };
    await Promise.all(Array.from({ length: FINDS_AT_ONCE }, work));
    return rows;
  }
}

function row(handle) {
  const doc = handle.doc();
  return { id: handle.documentId, subject: String(doc.subject), state: String(doc.state) };
}

// automerge-repo in the browser.
import { IndexedDBStorageAdapter } from '@automerge/automerge-repo-storage-indexeddb';
import { Repo, initializeWasm } from '@automerge/automerge-repo/slim';
import { Incidents } from './automerge.incidents.mjs';
import { present } from './page.mjs';

const ROOT = 'root';

class Automerge extends Incidents {
  async open() {
    await initializeWasm(await fetch('automerge.wasm'));
    this.use({
      repo: new Repo({ storage: new IndexedDBStorageAdapter(), network: [] }),
      address: location.origin,
      root: { get: () => localStorage.getItem(ROOT), set: (id) => localStorage.setItem(ROOT, id) },
    });
    return super.open();
  }
}

present(new Automerge());

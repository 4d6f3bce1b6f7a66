// automerge-repo as a device without a browser: documents as files.
import { Repo } from '@automerge/automerge-repo';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Incidents } from './automerge.incidents.mjs';
import { answer, timed } from './process.mjs';

const [folder] = process.argv.slice(2);
const incidents = new Incidents();

answer({
  async open(address) {
    const file = join(folder, 'root');
    incidents.use({
      repo: new Repo({ storage: new NodeFSStorageAdapter(folder), network: [] }),
      address,
      root: {
        get: () => readFile(file, 'utf8').catch(() => undefined),
        set: (id) => writeFile(file, id),
      },
    });
    return (await incidents.open()).length;
  },
  sync: () => timed(() => incidents.sync()),
});

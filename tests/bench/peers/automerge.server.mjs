// automerge-repo on a server, as its own sync server is set up: documents as files, and no
// document announced that nobody asked for.
import * as Automerge from '@automerge/automerge';
import { ImmutableString, Repo, generateAutomergeUrl, parseAutomergeUrl } from '@automerge/automerge-repo';
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { answer, site } from './process.mjs';

// A server that is busy reads a pong late; at the 5 s of the default it would cut its client off.
const KEEP_ALIVE_MILLIS = 60_000;
/** What people write together is text, the rest plain values, as in our documents. */
const TEXTS = ['description', 'resolution'];

const [folder] = process.argv.slice(2);
let repo;

answer({
  async seed(histories) {
    const storage = new NodeFSStorageAdapter(folder);
    const ids = {};
    for (const history of histories) {
      ids[history.number] = await kept(storage, written(history));
    }
    const root = await kept(storage, Automerge.from({ incidents: plain(ids) }));
    await writeFile(join(folder, 'ids.json'), JSON.stringify({ root, ids }));
  },

  async serve(files) {
    const { root } = await listed();
    const { app, server, listening } = site(files);
    app.get('/root', (_, response) => response.send(root));
    const sockets = new WebSocketServer({ server, path: '/sync' });
    repo = new Repo({
      network: [new WebSocketServerAdapter(sockets, KEEP_ALIVE_MILLIS)],
      storage: new NodeFSStorageAdapter(folder),
      sharePolicy: async () => false,
    });
    return listening;
  },

  async change(steps) {
    const { ids } = await listed();
    for (const [number, step] of Object.entries(steps)) {
      const handle = await repo.find(ids[number]);
      handle.change((doc) => take(doc, step));
    }
    await repo.flush(Object.keys(steps).map((number) => ids[number]));
  },
});

async function listed() {
  return JSON.parse(await readFile(join(folder, 'ids.json'), 'utf8'));
}

/** A document with one change per row of its log. */
function written({ declared, steps }) {
  const { entries, ...fields } = declared;
  const first = Automerge.from({ ...plain(fields), entries: entries.map(plain) });
  return steps.reduce((doc, step) => Automerge.change(doc, (draft) => take(draft, step)), first);
}

function take(doc, { entry, ...fields }) {
  for (const [name, value] of Object.entries(plain(fields))) {
    if (String(doc[name]) !== String(value)) doc[name] = value;
  }
  doc.entries.push(plain(entry));
}

function plain(fields) {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    TEXTS.includes(name) ? value : new ImmutableString(value),
  ]);
  return Object.fromEntries(entries);
}

/** Lays a document where the repository looks for it, which takes it one by one otherwise. */
async function kept(storage, doc) {
  const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
  await storage.save([documentId, 'snapshot', Automerge.getHeads(doc).join('')], Automerge.save(doc));
  return documentId;
}

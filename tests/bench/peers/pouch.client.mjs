// PouchDB as a device without a browser: every incident a document of one LevelDB.
import PouchDB from 'pouchdb-core';
import http from 'pouchdb-adapter-http';
import leveldb from 'pouchdb-adapter-leveldb';
import replication from 'pouchdb-replication';
import { join } from 'node:path';
import { answer, timed } from './process.mjs';

const [folder] = process.argv.slice(2);
PouchDB.plugin(leveldb).plugin(http).plugin(replication);
let db;
let remote;

answer({
  async open(address) {
    db = new PouchDB(join(folder, 'incidents'), { adapter: 'leveldb' });
    remote = new PouchDB(`${address}/db/incidents`, { adapter: 'http' });
    return (await db.info()).doc_count;
  },
  sync: () => timed(() => db.replicate.from(remote)),
});

// PouchDB's server: express 4 with express-pouchdb over LevelDB, every row of a log a revision.
import expressPouchDb from 'express-pouchdb';
import leveldb from 'pouchdb-adapter-leveldb';
import PouchDB from 'pouchdb-core';
import mapReduce from 'pouchdb-mapreduce';
import { join } from 'node:path';
import { answer, site } from './process.mjs';

const [folder] = process.argv.slice(2);
PouchDB.plugin(leveldb).plugin(mapReduce);
const Database = PouchDB.defaults({ prefix: join(folder, '/'), adapter: 'leveldb' });
let db;

answer({
  async seed(histories) {
    db = new Database('incidents');
    let docs = histories.map(({ number, declared }) => ({ _id: number, ...declared }));
    await put(docs);
    for (let at = 0; histories.some(({ steps }) => steps.length > at); at += 1) {
      const due = histories.flatMap(({ steps }, place) => (steps[at] ? [place] : []));
      const next = due.map((place) => take(docs[place], histories[place].steps[at]));
      await put(next);
      due.forEach((place, index) => (docs[place] = next[index]));
    }
    await db.close();
  },

  async serve(files) {
    db = new Database('incidents');
    const { app, listening } = site(files);
    app.use('/db', expressPouchDb(Database, { mode: 'minimumForPouchDB' }));
    return listening;
  },

  async change(steps) {
    const { rows } = await db.allDocs({ keys: Object.keys(steps), include_docs: true });
    await put(rows.map(({ doc }) => take(doc, steps[doc._id])));
  },
});

function take(doc, { entry, ...fields }) {
  return { ...doc, ...fields, entries: [...doc.entries, entry] };
}

/** Writes documents and tells each the revision it then has. */
async function put(docs) {
  const answers = await db.bulkDocs(docs);
  answers.forEach(({ rev, message }, place) => {
    if (!rev) throw new Error(`${docs[place]._id}: ${message}`);
    docs[place]._rev = rev;
  });
}

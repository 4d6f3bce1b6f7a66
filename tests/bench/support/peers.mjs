// The same incidents through our engine and through others, in the same run and the same browser,
// measured by the same rulers inside the pages; then what the others need in proportion to us.
//
// What is the same: the generator's incidents and their steps, a click or a submit as the beginning
// and a drawn frame as the end, IndexedDB on the device, a disk under the server, one line that
// counts bytes, starts offline from a service worker. What is not: ours is the whole console with
// signing in, authorisation, rows and signatures, and an act is kept by a strict transaction; a
// peer's page lists and opens, anybody may read and write, and IndexedDB's default is relaxed.
import { loadavg } from 'node:os';
import { figure, ratio } from './report.mjs';
import { serviceNowLog } from './servicenow.mjs';
import { Bench } from './system-bench.mjs';
import { Ours, Peer } from './systems.mjs';

const SIZE = Number(process.env.HOLDFAST_BENCH_PEERS_SIZE ?? 3_000);
const SYSTEMS = [
  (log) => Ours.with(log),
  (log) => Peer.with(log, { name: 'automerge-repo', files: 'automerge' }),
  (log) => Peer.with(log, { name: 'pouchdb', files: 'pouch' }),
];

/** Measures all of them. `desk` is what the walking loop does to the pages of the console. */
export async function compare(browser, desk) {
  const log = serviceNowLog(SIZE);
  const tell = (line) => console.log(JSON.stringify(line));
  const told = [];
  for (const made of SYSTEMS) {
    const began = performance.now();
    const system = await made(log);
    tell(figure(`setup/${system.name}`, [(performance.now() - began) / 1_000], 's'));
    const bench = new Bench({ browser, desk, system, log, tell });
    try {
      await bench.all();
      // Figures of a machine that does other things besides are worth their ratios alone.
      tell(figure(`load_average/${system.name}`, [loadavg()[0]], 'processes'));
    } finally {
      await bench.end();
      await system.end();
    }
    told.push({ name: system.name, figures: bench.figures });
  }
  const [ours, ...peers] = told;
  for (const { name, figures } of peers) {
    for (const [what, theirs] of figures) {
      tell(ratio(`${what}_ratio/${name}`, theirs, ours.figures.get(what)));
    }
  }
}

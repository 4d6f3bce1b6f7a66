// The peers as devices without a browser, for `bench sync --peers`: each against its own server, in
// processes of their own, with the incidents of the file that is named. Prints a line per peer with
// the times of all runs in milliseconds.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, PEERS } from './systems.mjs';

const RUNS = 3;
const NAMES = { 'automerge-repo': 'automerge', pouchdb: 'pouch' };

const [file] = process.argv.slice(2);
const histories = JSON.parse(await readFile(file, 'utf8'));
for (const [name, files] of Object.entries(NAMES)) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-peer-'));
  try {
    console.log(JSON.stringify({ name, ...(await measured(files, folder)) }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(files, folder) {
  const data = join(folder, 'data');
  await cp(join(PEERS, 'package.json'), join(data, 'package.json'));
  const seeding = new Child(`${files}.server.mjs`, data);
  await seeding.ask('seed', histories);
  await seeding.end();
  const server = new Child(`${files}.server.mjs`, data);
  const address = `http://127.0.0.1:${await server.ask('serve', folder)}`;
  const figures = { first_sync: [], reconnect_after_1_percent: [], reconnect_unchanged: [] };
  for (let run = 0; run < RUNS; run += 1) {
    const device = join(folder, `device-${run}`);
    await cp(join(PEERS, 'package.json'), join(device, 'package.json'));
    figures.first_sync.push(await synchronised(files, device, address, 0));
    await server.ask('change', touched(run));
    figures.reconnect_after_1_percent.push(await synchronised(files, device, address));
    figures.reconnect_unchanged.push(await synchronised(files, device, address));
  }
  await server.end();
  return figures;
}

/** How long a device takes that has just been started, and has opened what it holds. */
async function synchronised(files, device, address, held = histories.length) {
  const client = new Child(`${files}.client.mjs`, device);
  const opened = await client.ask('open', address);
  if (opened !== held) throw new Error(`${files}: it holds ${opened} incidents instead of ${held}`);
  const took = await client.ask('sync');
  await client.end();
  return took;
}

/** A note for every hundredth incident, others in each run. */
function touched(run) {
  const few = histories.filter((_, place) => place % 100 === run);
  const entry = { at: '', by: 'bench', text: `Looked at, ${run}.` };
  return Object.fromEntries(few.map(({ number }) => [number, { entry }]));
}

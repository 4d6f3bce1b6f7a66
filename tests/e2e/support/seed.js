// Makes the sample organisation; every test starts its server on a copy. Its clocks run on from when it
// was made, so that one which is too old tells of service levels amid what a test watches.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from './server.js';

/** The first of its clocks speaks after a quarter of an hour. */
const YOUNG_MILLIS = 8 * 60_000;

function make() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-seed-'));
  execFileSync(binary(), ['demo', '--seed-only', '--data', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, HOLDFAST_LOG: 'error' },
  });
  process.env.HOLDFAST_SEED = folder;
  process.env.SEEDED_AT = String(Date.now());
  return () => rmSync(folder, { recursive: true, force: true });
}

/** The folder of a sample organisation that was made a few minutes ago at most. */
export function youngSeed() {
  if (Date.now() - Number(process.env.SEEDED_AT) > YOUNG_MILLIS) process.on('exit', make());
  return process.env.HOLDFAST_SEED;
}

export default make;

// Makes the sample organisation once; every test starts its server on a copy.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from './server.js';

export default function seed() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-seed-'));
  execFileSync(binary(), ['demo', '--seed-only', '--data', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, HOLDFAST_LOG: 'error' },
  });
  process.env.HOLDFAST_SEED = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

// What the comparison with other engines rests on: the same incidents for all, and honest ratios.
import { expect, test } from '@playwright/test';
import { continued, histories, isOpen, lastState } from '../bench/support/incidents.mjs';
import { exceeded, figure, ratio, unmeasured } from '../bench/support/report.mjs';
import { serviceNowLog } from '../bench/support/servicenow.mjs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from './support/server.js';

test('an incident of the log becomes one document and one step for each later row', () => {
  const log = serviceNowLog(20);
  const rows = log.trim().split('\n').slice(1);
  const told = histories(log);
  expect(told).toHaveLength(20);
  expect(told.reduce((sum, { steps }) => sum + 1 + steps.length, 0)).toBe(rows.length);
  const [first] = told;
  expect(first.declared.subject).toMatch(/^Category \d+ › Subcategory \d+: Symptom \d+$/);
  expect(first.declared.entries).toHaveLength(1);
  const ended = told.find(({ steps }) => steps.length === 5);
  expect(lastState(ended)).toBe('Closed');
  expect(ended.steps[3].resolution).toBe('ServiceNow: code 6');
});

test('a continued log is taken in as one more step of exactly the incidents it names', async () => {
  const log = serviceNowLog(30);
  const open = histories(log).filter((history) => isOpen(lastState(history)));
  const numbers = open.slice(0, 3).map(({ number }) => number);
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  const server = await Server.on();
  const take = async (text) => {
    await writeFile(join(folder, 'log.csv'), text);
    return (await server.command(['import', 'servicenow', join(folder, 'log.csv')])).stdout;
  };
  try {
    expect(await take(log)).toContain('30 incidents new or continued, 0 unchanged');
    const next = continued(log, numbers);
    expect(histories(next).map(lastState)).toEqual(['Resolved', 'Resolved', 'Resolved']);
    expect(await take(next)).toContain('3 incidents new or continued, 0 unchanged');
    expect(await take(next)).toContain('0 incidents new or continued, 3 unchanged');
  } finally {
    await server.remove();
    await rm(folder, { recursive: true });
  }
});

test('a ratio says how many times as much a peer needs, at least or not at all', () => {
  const ours = figure('first_sync/holdfast', [100, 200, 400], 'ms');
  const theirs = figure('first_sync/peer', [1_000, 500, 3_000], 'ms');
  const ratios = { value: 5, unit: '×', runs: 3, min: 1.25, max: 30 };
  expect(ratio('first_sync_ratio/peer', theirs, ours)).toMatchObject(ratios);
  const ended = exceeded('first_sync/peer', 600_000, 'ms', '> 600 s');
  const bound = { value: 3_000, max: null, note: 'at least; > 600 s' };
  expect(ratio('first_sync_ratio/peer', ended, ours)).toMatchObject(bound);
  const failed = unmeasured('first_sync/peer', 'ms', 'it ended with 1');
  const nothing = { value: null, runs: 0, note: 'it ended with 1' };
  expect(ratio('first_sync_ratio/peer', failed, ours)).toMatchObject(nothing);
});

// More incidents than a page of the log holds: work goes on while they arrive, the list stays small.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNowLog } from '../bench/support/servicenow.mjs';
import { databases, recordsOf } from './support/storage.js';
import { expect, test } from './support/test.js';

const INCIDENTS = 1_200;
/** More than may lie over the chunks before they are folded. */
const CHANGED = 320;
const ROWS_MAX = 80;

/** Brings in what a log tells, as an operator does, before the server starts. */
async function fill(server, log) {
  await server.stop();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  const file = join(folder, 'log.csv');
  await writeFile(file, log);
  await server.command(['import', 'servicenow', file]);
  await rm(folder, { recursive: true });
  await server.start();
}

test('what is done during the first synchronisation is kept and sent before its end', async ({ device, server }) => {
  test.setTimeout(300_000);
  await fill(server, serviceNowLog(INCIDENTS));
  const office = await device();
  const { page } = office.desk;
  // The line lets one page of the log through at a time.
  const pulls = [];
  let isOpen = false;
  await office.context.route('**/sync/pull', async (route) => {
    if (pulls.length > 0 && !isOpen) await new Promise((release) => pulls.push(release));
    else pulls.push(() => {});
    await route.continue();
  });
  await page.getByLabel('Login').fill('agent@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(office.desk.rows.first()).toBeVisible();
  await expect.poll(() => pulls.length).toBe(2);
  await expect(office.desk.chip).toHaveText(/^Loading/);

  await office.desk.rows.first().click();
  await office.desk.note('Written while incidents still arrive.');
  const written = office.desk.message('Written while incidents still arrive.');
  await expect(written.locator('[data-tick="kept"]')).toBeVisible();
  // The page under way ends; the note goes before the next one is stored.
  pulls[1]();
  await expect(written.locator('[data-tick="server"]')).toBeVisible();
  expect(await office.desk.chip.getAttribute('data-state')).toBe('saving');

  isOpen = true;
  pulls.forEach((release) => release());
  await office.desk.isUpToDate();
  await office.desk.look(/^All \d/);
  await expect.poll(() => office.desk.count()).toBeGreaterThan(INCIDENTS);
  await expect(page.getByRole('link', { name: /^All \d/ })).toContainText(/^All ?1,\d{3}$/);

  await test.step('an old incident is found by its digits and says of which year it is', async () => {
    await office.desk.filter('2000007');
    await expect(office.desk.rows).toHaveCount(1);
    await expect(office.desk.rows.locator('mark')).toHaveText('2000007');
    await office.desk.rows.click();
    await expect(office.desk.detail.locator('.head')).toContainText(/reported by .*, \d+\s\w+\s2016, \d+:\d\d/);
    await office.desk.filter('');
  });

  await test.step('the page holds only the rows that are seen', async () => {
    const list = page.getByRole('listbox');
    for (const key of ['End', 'PageUp', 'PageUp', 'Home', 'PageDown']) {
      await list.press(key);
      await expect(page.locator('[data-testid="row"][aria-selected="true"]')).toBeInViewport();
      expect(await office.desk.rows.count()).toBeLessThanOrEqual(ROWS_MAX);
    }
    await office.desk.filter('categ');
    await expect.poll(() => office.desk.rows.locator('mark').count()).toBeGreaterThan(0);
    expect(await office.desk.rows.count()).toBeLessThanOrEqual(ROWS_MAX);
  });
});

test('rows under hundreds of single changes are folded, and none of them is lost', async ({ device, server }) => {
  test.setTimeout(120_000);
  const log = serviceNowLog(CHANGED).split('\n');
  const seen = new Set();
  const isFirst = (line) => !seen.has(line.split(',')[0]) && seen.add(line.split(',')[0]);
  await fill(server, log.filter(isFirst).join('\n'));
  const phone = await device('agent@demo');
  const { desk } = phone;
  await desk.isInstalled();
  const stage = await phone.backstage();
  const [database] = await databases(stage);
  const picture = async (page) => {
    await page.look(/^All \d/);
    await page.filter('INC2000');
    await expect.poll(() => page.count()).toBe(CHANGED);
    const texts = [];
    for (const key of ['Home', 'End']) {
      await page.page.getByRole('listbox').press(key);
      await expect(page.page.locator('[aria-selected="true"]')).toBeInViewport();
      texts.push(...(await page.rows.allInnerTexts()));
    }
    return [await page.page.getByRole('link', { name: /^All \d/ }).innerText(), ...texts];
  };
  const before = await picture(desk);

  // All the others of what happened to each: each row changes by itself.
  await fill(server, log.join('\n'));
  await desk.page.reload();
  await desk.isUpToDate();
  await expect.poll(() => recordsOf(stage, database, 'overlays')).toEqual([]);
  expect(await recordsOf(stage, database, 'chunks')).not.toEqual([]);
  const folded = await picture(desk);
  expect(folded).not.toEqual(before);
  // As a device shows them that never had another picture.
  const other = await device('agent@demo');
  expect(await picture(other.desk)).toEqual(folded);
  await phone.goOffline();
  await desk.page.reload();
  await desk.isOffline();
  expect(await picture(desk)).toEqual(folded);
});

// More incidents than a page of the log holds: work goes on while they arrive, the list stays small.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNowLog } from '../bench/support/servicenow.mjs';
import { expect, test } from './support/test.js';

const INCIDENTS = 1_200;
const ROWS_MAX = 80;

/** Brings in more incidents, as an operator does, before the server starts. */
async function fill(server, size) {
  await server.stop();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-log-'));
  const file = join(folder, 'log.csv');
  await writeFile(file, serviceNowLog(size));
  await server.command(['import', 'servicenow', file]);
  await rm(folder, { recursive: true });
  await server.start();
}

test('what is done during the first synchronisation is kept and sent before its end', async ({ device, server }) => {
  test.setTimeout(300_000);
  await fill(server, INCIDENTS);
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

// Saved views: a question that people come back to, counted as rows change, shared, there offline.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The link of a saved view at the side. */
function link(desk, name) {
  return desk.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name });
}

async function save(desk, name, { who, question } = {}) {
  await desk.page.getByRole('button', { name: /^(Save|Edit) view…$/ }).click();
  await desk.sheet.getByLabel('Name').fill(name);
  if (question) await desk.sheet.getByLabel('Looks for').fill(question);
  if (who) await desk.sheet.getByLabel('Who has it').selectOption({ label: who });
  await desk.sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(desk.sheet).toBeHidden();
}

test('a question is saved as a view, whose count follows the rows', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  const all = await desk.count();
  await desk.filter('scanner');
  await expect.poll(() => desk.count()).toBeLessThan(all);
  const found = await desk.count();
  await page.locator('.filters button.tag', { hasText: 'P2' }).click();
  await page.getByRole('button', { name: 'Save view…' }).click();
  await expect(desk.sheet.getByLabel('Looks for')).toHaveValue('state:open priority:p2 scanner');
  expect(await findings(page)).toEqual([]);
  await desk.sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(desk.sheet.getByRole('alert')).toContainText('Give the view a name');
  await desk.sheet.getByLabel('Looks for').fill('state:open scanner');
  await desk.sheet.getByLabel('Name').fill('Scanners <b>');
  await desk.sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(desk.sheet).toBeHidden();

  await expect(page.getByRole('heading', { level: 1, name: 'Scanners <b>' })).toBeVisible();
  await expect(page).toHaveURL(/view=[0-9a-f-]{36}$/);
  await expect(desk.filterBox).toHaveValue('state:open scanner');
  await expect(link(desk, 'Scanners <b>')).toHaveAttribute('aria-current', 'page');
  const count = link(desk, 'Scanners <b>').locator('.count');
  await expect(count).toHaveText(String(found));
  await desk.createIncident({ caller: 'Ira', contact: '4', subject: 'A scanner fell' });
  await expect(count).toHaveText(String(found + 1));
  await desk.ask('Cancel…', { words: 'It works', submit: 'Cancel incident', state: 'Cancelled' });
  await expect(count).toHaveText(String(found));

  await page.reload();
  await expect(count).toHaveText(String(found));
  await desk.look('All open');
  await expect(desk.filterBox).toHaveValue('');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('scanners <b');
  const line = page.getByRole('dialog', { name: 'What to do' }).getByRole('option').first();
  await expect(line).toHaveText('Show Scanners <b>');
  await page.keyboard.press('Enter');
  await expect(desk.filterBox).toHaveValue('state:open scanner');
  expect(await findings(page)).toEqual([]);
});

test('a view is renamed, asks something else, is deleted and put back', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await desk.filter('scanner');
  await save(desk, 'Scanners');
  await expect(desk.filterBox).toHaveValue('state:open scanner');
  await desk.filter('state:open printer');
  await save(desk, 'Printers');
  await expect(link(desk, 'Scanners')).toHaveCount(0);
  await desk.look('All open');
  await link(desk, 'Printers').click();
  await expect(desk.filterBox).toHaveValue('state:open printer');

  await page.getByRole('button', { name: 'Edit view…' }).click();
  await desk.sheet.getByRole('button', { name: 'Delete view' }).click();
  await expect(link(desk, 'Printers')).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'All open' })).toBeVisible();
  await page.locator('.toast', { hasText: 'Printers' }).getByRole('button', { name: /^Undo/ }).click();
  await expect(link(desk, 'Printers')).toBeVisible();
  await page.reload();
  await expect(link(desk, 'Printers')).toBeVisible();
});

test('a shared view comes to others, who have it offline and cannot change it', async ({ device }) => {
  const { desk: lead } = await device('incident-manager@demo');
  const agent = await device('agent@demo');
  const { desk } = agent;
  await desk.isInstalled();
  await lead.look('All open');
  await lead.filter('scanner');
  await save(lead, 'Scanners for all', { who: 'All staff' });
  await expect(link(desk, 'Scanners for all')).toBeVisible();
  await agent.goOffline();
  await desk.isOffline();
  await desk.page.reload();
  await link(desk, 'Scanners for all').click();
  await expect(desk.filterBox).toHaveValue('state:open scanner');
  await expect(link(desk, 'Scanners for all').locator('.count')).toHaveText(String(await desk.count()));
  await expect(desk.page.getByRole('button', { name: 'Edit view…' })).toHaveCount(0);

  await desk.filter('state:open printer');
  await desk.page.getByRole('button', { name: 'Save view…' }).click();
  await expect(desk.sheet.getByLabel('Who has it')).not.toContainText('All staff');
  await desk.sheet.getByLabel('Name').fill('Printers');
  await desk.sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(desk.sheet.getByRole('alert')).toContainText('Try again once you are online');
  await agent.goOnline();
  await desk.isUpToDate();
  await desk.sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(link(desk, 'Printers')).toBeVisible();

  await lead.page.getByRole('button', { name: 'Edit view…' }).click();
  await lead.sheet.getByRole('button', { name: 'Delete view' }).click();
  await expect(link(desk, 'Scanners for all')).toHaveCount(0);
});

test('a view that names somebody who is not there says so', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.filter('assignee:nobodyatall');
  await save(desk, 'Of somebody');
  await expect(link(desk, 'Of somebody').getByRole('img', { name: /not understood/ })).toBeVisible();
  await expect(link(desk, 'Of somebody').locator('.count')).toHaveText('0');
  await expect(desk.page.locator('.search-help .error')).toContainText('nobodyatall');
  await desk.page.goto(`${desk.page.url().split('?')[0]}?view=01900000-0000-7000-8000-000000000001`);
  await expect(desk.page.getByRole('heading', { level: 1, name: 'View not found' })).toBeVisible();
});

test('views are saved and found on a phone', async ({ device }) => {
  const { desk } = await device('technician@demo', phone);
  const { page } = desk;
  await desk.filter('scanner');
  await save(desk, 'Scanners of the whole organisation, wherever they are');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Views' }).click();
  await page.getByRole('button', { name: /^All open/ }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Views' }).click();
  const menu = page.getByRole('group', { name: 'Views' });
  await expect(menu.getByRole('button', { name: /^Scanners of/ }).locator('.count')).toHaveText(/^\d+$/);
  await menu.getByRole('button', { name: /^Scanners of/ }).click();
  await expect(desk.filterBox).toHaveValue('state:open scanner');
  const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  expect(await page.evaluate(overflow)).toBe(0);
});

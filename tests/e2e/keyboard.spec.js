// Working by keys: they act wherever nobody is typing, and are letters where somebody is.
import { databases, occupy } from './support/storage.js';
import { expect, test } from './support/test.js';

test('J, K, Enter and / work the queue', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  const cursor = page.locator('[data-testid="row"][aria-selected="true"]');
  // The key that leads to the filter stands in it until it is there.
  const hint = () => page.evaluate(() => getComputedStyle(document.querySelector('.filters'), '::after').content);
  expect(await hint()).toContain('"/"');
  await page.keyboard.press('j');
  await expect(cursor).toHaveAttribute('aria-posinset', '1');
  // The focus goes along, so that a screen reader says the row.
  await expect(page.getByRole('listbox')).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(cursor).toHaveAttribute('aria-posinset', '3');
  await page.keyboard.press('k');
  await expect(cursor).toHaveAttribute('aria-posinset', '2');
  const subject = await cursor.locator('.subject').innerText();
  await page.keyboard.press('Enter');
  await desk.shows(subject);
  await page.keyboard.press('/');
  await expect(desk.filterBox).toBeFocused();
  expect(await hint()).toBe('none');
  await page.keyboard.type('hall 3 offline');
  await expect(desk.rows).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(desk.filterBox).not.toBeFocused();
  await expect(desk.filterBox).toHaveValue('');
  await page.keyboard.press('r');
  await expect(desk.entry).toBeFocused();
});

test('shortcuts are letters while somebody types', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await desk.openIncident('Till 3 prints no receipts');
  const address = page.url();
  await desk.entry.focus();
  await page.keyboard.type('jk / n r jkn');
  await expect(desk.entry).toHaveValue('jk / n r jkn');
  expect(page.url()).toBe(address);
  await expect(desk.sheet).toHaveCount(0);
  await desk.press('Resolve…');
  await desk.sheet.getByRole('textbox').fill('');
  await page.keyboard.type('njk/');
  await expect(desk.sheet.getByRole('textbox')).toHaveValue('njk/');
  await page.keyboard.press('Escape');
  await expect(desk.sheet).toHaveCount(0);
  expect(page.url()).toBe(address);
});

test('an empty new incident asks for its requester first, then for its subject', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await page.keyboard.press('n');
  const finder = desk.sheet.getByRole('combobox', { name: 'Requester' });
  await finder.press('Enter');
  await expect(finder).toBeFocused();
  await expect(finder).toHaveAccessibleDescription(/Say who reports it/);
  await finder.fill('A visitor');
  await expect(finder).not.toHaveAttribute('aria-invalid');
  await finder.press('Control+Enter');
  const subject = desk.sheet.getByLabel('Subject');
  await expect(subject).toBeFocused();
  await expect(subject).toHaveAccessibleDescription(/Say in a few words/);
});

test('an incident is created and answered without a mouse', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await page.keyboard.press('n');
  const finder = desk.sheet.getByRole('combobox', { name: 'Requester' });
  await finder.focus();
  await page.keyboard.type('sanne');
  await page.keyboard.press('Enter');
  await expect(finder).toHaveValue('Sanne de Vries');
  await desk.sheet.getByLabel('Subject').focus();
  await page.keyboard.type('Drawer of till 2 is stuck');
  await page.keyboard.press('Control+Enter');
  await desk.shows('Drawer of till 2 is stuck');
  await page.keyboard.press('r');
  await page.keyboard.type('Somebody is on the way.');
  await page.keyboard.press('Control+Enter');
  await expect(desk.message('Somebody is on the way.')).toHaveCount(1);
  await desk.isUpToDate();
});

test('Ctrl+Enter twice while a new incident is being kept creates one', async ({ device }) => {
  const office = await device('agent@demo');
  const { desk } = office;
  const stage = await office.backstage();
  const [database] = await databases(stage);
  await desk.beginNew({ caller: 'Somebody', contact: 'gate 2', subject: 'Created once' });
  const release = await occupy(stage, database, ['docs', 'overlays', 'outbox']);
  const subject = desk.sheet.getByLabel('Subject');
  await subject.press('Control+Enter');
  await subject.press('Control+Enter');
  await release();
  await expect(desk.sheet).toBeHidden();
  await desk.isUpToDate();
  await desk.filter('Created once');
  await expect(desk.rows).toHaveCount(1);
});

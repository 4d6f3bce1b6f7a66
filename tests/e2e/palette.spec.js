// The palette: everything by keyboard, offline too.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('Ctrl K leads to views, pages, incidents and acts, offline too', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  const { page } = desk;
  await desk.isInstalled();
  await phone.goOffline();
  await desk.isOffline();
  const palette = page.getByRole('dialog', { name: 'What to do' });
  const box = palette.getByRole('combobox');
  const lines = palette.getByRole('option');
  const open = async (typed) => {
    await page.keyboard.press('Control+k');
    await expect(box).toBeFocused();
    await page.keyboard.type(typed);
  };
  await open('');
  await expect(lines.filter({ hasText: 'Show My groups' })).toHaveCount(1);
  await expect(lines.filter({ hasText: 'Service levels' })).toHaveCount(0);
  expect(await findings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();

  await open('on hold');
  await expect(lines.first()).toHaveText('Show On hold');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/[?&]view=hold/);
  await expect(palette).toBeHidden();

  await open('aisle 40');
  await expect(lines).toHaveCount(1);
  await page.keyboard.press('Enter');
  await desk.shows(SCANNERS);

  await page.keyboard.press('Control+k');
  await expect(lines.first()).not.toContainText('INC-');
  await page.keyboard.press('Escape');
  await open('start');
  await expect(lines.first()).toContainText('Start');
  await page.keyboard.press('Enter');
  await expect(desk.state).toHaveText('In progress');
  await open('hold…');
  await expect(lines.first()).toContainText(': Hold…');
  await page.keyboard.press('Enter');
  await expect(desk.sheet.getByRole('button', { name: 'Put on hold' })).toBeVisible();
  await desk.closeSheet();
  await open('history');
  await page.keyboard.press('Enter');
  await expect(desk.detail.getByRole('region', { name: 'History' })).toBeVisible();
  await desk.turnTo('Conversation');

  // Also while somebody types, and not over what is being asked.
  await desk.entry.focus();
  await open('sync');
  await page.keyboard.press('Enter');
  await expect(desk.sheet.getByRole('heading', { name: 'Sync centre' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await expect(palette).toHaveCount(0);
  await desk.closeSheet();
  await open('zzzzzz');
  await expect(palette).toContainText('Nothing answers to that.');
  await page.keyboard.press('Enter');
  await expect(palette).toBeVisible();
});

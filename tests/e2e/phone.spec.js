// A phone shows one pane at a time, and its back gesture leads from one to the other.
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('back and forward lead between the queue and an incident', async ({ device }) => {
  const { desk } = await device('technician@demo', phone);
  const { page } = desk;
  await desk.filter('scanners drop');
  await desk.rows.first().click();
  await desk.shows('Scanners drop out');
  await expect(desk.rows.first()).toBeHidden();
  await page.goBack();
  await expect(desk.rows.first()).toBeVisible();
  await expect(desk.filterBox).toHaveValue('scanners drop');
  await page.goForward();
  await desk.shows('Scanners drop out');
  await desk.detail.getByRole('button', { name: 'Back to the queue' }).click();
  await expect(desk.rows.first()).toBeVisible();

  // Whoever comes to an incident first, as by a link, finds the whole queue behind it.
  await desk.filter('');
  await desk.rows.first().click();
  await expect(desk.detail).toBeVisible();
  await page.reload();
  await desk.detail.getByRole('button', { name: 'Back to the queue' }).click();
  await expect(desk.rows.nth(8)).toBeVisible();
});

test('everything a technician does in the field fits a phone', async ({ device }) => {
  const own = await device('technician@demo', phone);
  const { desk } = own;
  const { page } = desk;
  await desk.openIncident('Scanners drop out');
  await own.goOffline();
  await desk.reply('I am in hall 3 now.');
  await desk.start();
  await desk.turnTo('Properties');
  await desk.choose('Urgency', 'high');
  await expect(desk.property('Urgency')).toHaveValue('high');
  await desk.isOffline();
  await expect(desk.chip).toContainText('3');
  await desk.detail.getByRole('button', { name: 'Back to the queue' }).click();
  const main = page.getByRole('navigation', { name: 'Main' });
  await main.getByRole('button', { name: 'New' }).click();
  await desk.sheet.getByRole('combobox', { name: 'Requester' }).fill('A visitor');
  await desk.sheet.getByLabel('Subject').fill('Gate 4 does not open');
  await desk.sheet.getByRole('button', { name: 'Create incident' }).click();
  await desk.shows('Gate 4 does not open');
  await page.goBack();
  await main.getByRole('button', { name: 'Status' }).click();
  await expect(desk.sheet.getByText('4 changes wait to be sent')).toBeVisible();
  await desk.closeSheet();
  // Nothing is wider than the screen.
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
  await own.goOnline();
  await desk.openIncident('Gate 4 does not open');
  await expect(desk.name).toHaveText(/^INC-\d+$/);
});

test('each of the last acts can be taken back on a phone', async ({ device }) => {
  const { desk } = await device('technician@demo', phone);
  await desk.openIncident('Scanners drop out');
  await desk.turnTo('Properties');
  const other = async (label) => {
    const value = await desk.property(label).inputValue();
    await desk.choose(label, value === 'low' ? 'high' : 'low');
    return value;
  };
  const before = [await other('Impact'), await other('Urgency')];
  const offer = (label) => desk.page.locator('.toast', { hasText: new RegExp(`^${label}: `) });
  for (const label of ['Impact', 'Urgency']) await expect(offer(label)).toBeInViewport({ ratio: 1 });
  await offer('Impact').getByRole('button', { name: /^Undo/ }).click();
  await expect(desk.property('Impact')).toHaveValue(before[0]);
  await offer('Urgency').getByRole('button', { name: /^Undo/ }).click();
  await expect(desk.property('Urgency')).toHaveValue(before[1]);
});

test('what a phone narrows the list by does not cover each other', async ({ device }) => {
  const own = await device('technician@demo', phone);
  const { page } = own.desk;
  await page.goto(`${own.origin}/console?view=all&state=on_hold&priority=P2`);
  const chosen = page.locator('.tags > [aria-pressed="true"]');
  await expect(chosen).toHaveCount(2);
  const boxes = await Promise.all([0, 1].map((at) => chosen.nth(at).boundingBox()));
  const [one, two] = boxes.sort((a, b) => a.x - b.x);
  expect(one.x + one.width).toBeLessThanOrEqual(two.x);
});

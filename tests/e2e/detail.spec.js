// The open incident where room is short: its subject, what can be done, and the way to its parts.
import { placesOf } from './support/storage.js';
import { expect, test } from './support/test.js';

const screens = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desk: { viewport: { width: 1440, height: 900 } },
};
const HALL = 'Hall 3: no Wi-Fi';

for (const [size, screen] of Object.entries(screens)) {
  test(`a long subject takes three lines of a ${size} until all of it is asked for`, async ({ device }) => {
    const { desk } = await device('agent@demo', screen);
    const { page } = desk;
    const subject = desk.detail.locator('.subject');
    const lines = () =>
      subject.evaluate((node) => {
        const { lineHeight } = getComputedStyle(node);
        return Math.round(node.getBoundingClientRect().height / parseFloat(lineHeight));
      });
    const more = desk.detail.getByText('More', { exact: true });
    for (const text of ['Labels of gate 2 come out empty. '.repeat(6).trim(), 'W'.repeat(200)]) {
      await desk.createIncident({ caller: 'Ira', contact: '1', subject: text });
      await expect(more).toBeVisible();
      expect(await lines()).toBe(3);
      await expect(subject).toHaveAttribute('title', text);
      await more.click();
      await expect.poll(lines).toBeGreaterThan(3);
      const whole = await subject.evaluate((node) => node.scrollHeight <= node.clientHeight);
      expect(whole, 'all of it is shown').toBe(true);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(screen.viewport.width);
      await desk.detail.getByText('Less', { exact: true }).press('Enter');
      await expect.poll(lines).toBe(3);
      if (size === 'phone') await desk.detail.getByRole('button', { name: 'Back to the queue' }).click();
    }
    await desk.openIncident(HALL);
    await expect(more).toBeHidden();
  });

  test(`what can be done stands in one line of a ${size}, and the rare waits behind a button`, async ({ device }) => {
    const { desk } = await device('technician@demo', screen);
    const { page } = desk;
    await desk.openIncident('Till 3 prints no receipts');
    const line = desk.detail.locator('.actions > button');
    await expect(line).toHaveText(['Assign to me', 'Start', '']);
    const boxes = await line.evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect()));
    expect(new Set(boxes.map(({ top }) => top)).size, 'one line').toBe(1);
    if (size === 'phone') {
      for (const { width, height } of boxes) expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
    // By keys alone: opened, walked through, left, and back where it began.
    const more = desk.detail.getByRole('button', { name: 'More actions' });
    await more.focus();
    await page.keyboard.press('Enter');
    await expect(desk.detail.locator('.actions .menu > button')).toHaveText(['Resolve…', 'Hold…', 'Escalate…', 'Cancel…']);
    await page.keyboard.press('Tab');
    await expect(desk.detail.getByRole('button', { name: 'Resolve…' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(more).toBeFocused();
    await desk.shows('Till 3 prints no receipts');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(desk.sheet.getByRole('heading', { name: 'Put on hold' })).toBeVisible();
    await desk.closeSheet();
    await expect(more).toBeFocused();
    await desk.start();
    await expect(line).toHaveText(['Assign to me', 'Resolve…', '']);
  });
}

test('news neither closes the menu of an incident nor takes the focus out of it', async ({ device }) => {
  const { desk } = await device('technician@demo');
  const office = await device('agent@demo');
  await desk.openIncident(HALL);
  await office.desk.openIncident(HALL);
  await desk.detail.getByRole('button', { name: 'More actions' }).press('Enter');
  await desk.page.keyboard.press('Tab');
  const rare = desk.detail.locator('.actions .menu > button').first();
  await expect(rare).toBeFocused();
  await office.desk.reply('The courier is at the gate.');
  await expect(desk.message('The courier is at the gate.')).toBeVisible();
  await expect(rare).toBeFocused();
});

test('a subject that is being written survives a reload, and Escape gives it up', async ({ device }) => {
  const own = await device('agent@demo');
  const { desk } = own;
  const stage = await own.backstage();
  await desk.page.bringToFront();
  await desk.rows.first().click();
  const before = await desk.detail.locator('.subject').innerText();
  const box = desk.detail.getByRole('textbox', { name: 'Subject' });
  await desk.detail.getByRole('button', { name: 'Edit the subject' }).click();
  await box.fill('A better sub');
  await expect.poll(() => placesOf(stage, 'A better sub')).toEqual(['holdfast-console-3']);
  await desk.page.reload();
  await expect(box).toHaveValue('A better sub');
  await expect(box).not.toBeFocused();
  await box.press('Escape');
  await desk.shows(before);
  await expect.poll(() => placesOf(stage, 'A better sub')).toEqual([]);
  await desk.page.reload();
  await desk.shows(before);
  await expect(box).toHaveCount(0);
  await desk.detail.getByRole('button', { name: 'Edit the subject' }).click();
  await box.fill('A better subject');
  await box.press('Enter');
  await desk.shows('A better subject');
  await desk.page.reload();
  await desk.shows('A better subject');
  await expect(box).toHaveCount(0);
});

test('a value that is taken away is called by what is missing', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.openIncident('Scanners drop out between aisle 40 and 46');
  await desk.choose('Site', '');
  await expect(desk.page.locator('.toast')).toContainText('Site: no site');
  await expect(desk.event('set Site to no site')).toHaveCount(1);
});

test('a subject that is too long is told so where it is written', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.rows.first().click();
  await desk.detail.getByRole('button', { name: 'Edit the subject' }).click();
  const box = desk.detail.getByRole('textbox', { name: 'Subject' });
  const long = 'Long. '.repeat(100);
  await box.fill(long);
  await box.press('Enter');
  const told = desk.detail.getByRole('heading', { level: 2 }).getByRole('alert');
  await expect(told).toHaveText('This is too long: about 500 characters at most.');
  await expect(desk.page.locator('.toast')).toHaveCount(0);
  await expect(box).toHaveValue(long);
  await box.fill('Short');
  await expect(told).toHaveCount(0);
  await box.press('Enter');
  await desk.shows('Short');
});

test('a subject that was only looked at stays as a colleague has renamed it meanwhile', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(HALL);
  await desk.filter('');
  await office.desk.openIncident(HALL);
  await desk.detail.getByRole('button', { name: 'Edit the subject' }).click();
  const box = desk.detail.getByRole('textbox', { name: 'Subject' });
  await expect(box).toBeFocused();
  await office.desk.rename('Hall 3: two access points are dark');
  await expect(desk.row('Hall 3: two access points are dark')).toBeVisible();
  await expect(box).toHaveValue(new RegExp(HALL));
  await desk.entry.focus();
  await desk.shows('Hall 3: two access points are dark');
  await desk.isUpToDate();
  await office.desk.isUpToDate();
  await office.desk.shows('Hall 3: two access points are dark');
  const renamed = (await office.desk.history('Anna')).filter((fact) => fact.includes('Subject'));
  expect(renamed).toHaveLength(1);
});

test('on a phone conversation, history and properties are one press from each other', async ({ device }) => {
  const { desk } = await device('technician@demo', screens.phone);
  await desk.openIncident(HALL);
  const history = desk.detail.getByRole('region', { name: 'History' });
  await desk.turnTo('Properties');
  await expect(desk.property('Impact')).toBeInViewport();
  await expect(desk.talk).toBeHidden();
  await desk.turnTo('History');
  await expect(history.getByRole('listitem').first()).toBeInViewport();
  await expect(desk.property('Impact')).toBeHidden();
  await history.getByRole('listitem').last().scrollIntoViewIfNeeded();
  await desk.turnTo('Conversation');
  await expect(desk.talk).toBeInViewport();
  await expect(history).toHaveCount(0);
});

test('on a desk the properties stay beside conversation and history', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.openIncident(HALL);
  await expect(desk.detail.getByRole('button', { name: 'Properties' })).toBeHidden();
  await desk.turnTo('History');
  await expect(desk.property('Impact')).toBeInViewport();
});

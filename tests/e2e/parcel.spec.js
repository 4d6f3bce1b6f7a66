// What is unsent, saved to a file on one device and brought in on another of the same person.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('what was saved to a file is sent from another device and counts once when the first returns', async ({ device }) => {
  test.setTimeout(120_000);
  const phone = await device('technician@demo');
  const tablet = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Carried in a file 🦶 مرحبا');
  await desk.choose('Urgency', 'high');
  await desk.createIncident({ caller: 'Somebody', contact: 'gate 2', subject: 'Declared in a dead zone' });
  await desk.isOffline(3);
  const file = await desk.saveUnsent();

  // The other device has no network either.
  await tablet.goOffline();
  const card = await tablet.desk.offerFile(file);
  await expect(card).toContainText('3 changes that this device lacks');
  await expect(card).toContainText('Declared in a dead zone');
  await card.getByRole('button', { name: 'Bring in' }).click();
  await expect(card).toHaveCount(0);
  await tablet.desk.closeSheet();
  await tablet.desk.isOffline(3);
  await tablet.desk.openIncident(SCANNERS);
  await expect(tablet.desk.message('Carried in a file 🦶 مرحبا')).toHaveCount(1);
  await expect(tablet.desk.property('Urgency')).toHaveValue('high');

  // Twice is once.
  const again = await tablet.desk.offerFile(file);
  await expect(again).toContainText('All 3 changes are here already.');
  await expect(again).not.toContainText('lacks');
  await expect(again.getByRole('button', { name: 'Bring in' })).toHaveCount(0);
  await tablet.desk.closeSheet();

  await tablet.goOnline();
  await tablet.desk.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Carried in a file')).toHaveCount(1);
  const before = await office.desk.history('Anna Lindqvist');

  await phone.goOnline();
  await desk.isUpToDate();
  await desk.openIncident(SCANNERS);
  await expect(desk.message('Carried in a file')).toHaveCount(1);
  await office.desk.note('After both have returned.');
  await expect(desk.message('After both have returned.')).toHaveCount(1);
  const after = await office.desk.history('Anna Lindqvist');
  expect(after.length).toBe(before.length + 1);
  await office.desk.filter('Declared in a dead zone');
  await expect(office.desk.rows).toHaveCount(1);
});

test('acts on an incident that is not here yet wait for it, and are told if it never comes', async ({ device }) => {
  test.setTimeout(120_000);
  const TILL = 'No signal in the stock room';
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const tablet = await device('technician@demo');
  await tablet.goOffline();
  await office.desk.createIncident({
    caller: 'Somebody', contact: 'gate 2', subject: 'Declared while the tablet slept',
  });
  await office.desk.choose('Group', 'field');
  await office.desk.isUpToDate();
  await phone.desk.openIncident('Declared while the tablet slept');
  await phone.goOffline();
  await phone.desk.note('Ahead of its incident.');
  await phone.desk.openIncident(TILL);
  await phone.desk.note('On what will be gone.');
  await phone.desk.isOffline(2);
  const file = await phone.desk.saveUnsent();

  const card = await tablet.desk.offerFile(file);
  await expect(card).toContainText('1 waits here until its incident arrives.');
  await card.getByRole('button', { name: 'Bring in' }).click();
  await expect(tablet.desk.sheet.getByText('waits for its incident')).toBeVisible();
  await tablet.desk.closeSheet();
  await tablet.desk.isOffline(2);
  await tablet.desk.page.reload();
  await tablet.desk.isOffline(2);
  await tablet.goOnline();
  await tablet.desk.isUpToDate();
  await office.desk.openIncident('Declared while the tablet slept');
  await expect(office.desk.message('Ahead of its incident.')).toHaveCount(1);

  // A device from which the incident was taken away meanwhile.
  await office.desk.openIncident(TILL);
  await office.desk.choose('Group', 'service-desk');
  await office.desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await office.desk.isUpToDate();
  const laptop = await device('technician@demo');
  await laptop.desk.filter(TILL);
  await expect(laptop.desk.rows).toHaveCount(0);
  const offered = await laptop.desk.offerFile(file);
  await expect(offered).toContainText('1 is here already.');
  await expect(offered).toContainText('1 waits here until its incident arrives.');
  await offered.getByRole('button', { name: 'Bring in' }).click();
  const review = laptop.desk.sheet.getByRole('article');
  await expect(review).toContainText('This incident is no longer among those you may change.');
  await expect(review.locator('blockquote')).toHaveText('On what will be gone.');
  await laptop.desk.closeSheet();
  await expect(laptop.desk.chip).toHaveText('Needs review 1');
});

test.describe('over a slow line', () => {
  test.use({ disturbed: true });

  test('acts brought in while a page is on its way are not given up for what it lacks', async ({ device, line }) => {
    test.setTimeout(120_000);
    const NEW = 'Assigned while the page was on its way';
    const office = await device('agent@demo', { direct: true });
    const phone = await device('technician@demo', { direct: true });
    const tablet = await device('technician@demo');
    const release = line.hold('/sync/pull');
    const before = line.requests.length;
    await office.desk.openIncident(SCANNERS);
    await office.desk.note('A reason to ask for a page.');
    const isAnswered = ({ path, status }) => path === '/sync/pull' && status === 200;
    await expect.poll(() => line.requests.slice(before).some(isAnswered)).toBe(true);

    await office.desk.createIncident({ caller: 'Somebody', contact: 'gate 2', subject: NEW });
    await office.desk.choose('Group', 'field');
    await office.desk.isUpToDate();
    await phone.desk.openIncident(NEW);
    await phone.goOffline();
    await phone.desk.note('Ahead of its page.');
    await phone.desk.isOffline(1);
    const card = await tablet.desk.offerFile(await phone.desk.saveUnsent());
    await expect(card).toContainText('1 waits here until its incident arrives.');
    await card.getByRole('button', { name: 'Bring in' }).click();
    await expect(tablet.desk.sheet.getByText('waits for its incident')).toBeVisible();
    await tablet.desk.closeSheet();
    release();
    await tablet.desk.isUpToDate();
    await office.desk.openIncident(NEW);
    await expect(office.desk.message('Ahead of its page.')).toHaveCount(1);
  });
});

test('a file that is cut short, altered, strange or of another person is refused with the reason', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  await phone.goOffline();
  await phone.desk.note('Only for Tomasz to send.');
  await phone.desk.isOffline(1);
  const file = await phone.desk.saveUnsent();
  const office = await device('agent@demo');
  const altered = Buffer.from(file);
  altered[altered.length - 5] ^= 1;
  const later = Buffer.from(file.toString('latin1').replace('unsent 1 ', 'unsent 9 '), 'latin1');
  const bad = [
    [file.subarray(0, file.length - 9), 'This file is cut short.'],
    [file.subarray(0, 12), 'This file is cut short.'],
    [altered, 'This file was changed after it was saved.'],
    [Buffer.from('%PDF-1.7 an invoice'), 'This is not a file of unsent changes.'],
    [Buffer.alloc(0), 'This is not a file of unsent changes.'],
    [later, 'This file was made by a later version of Holdfast.'],
    [file, 'This file holds changes of Tomasz'],
  ];
  const centre = await office.desk.openSyncCentre();
  for (const [content, reason] of bad) {
    await office.desk.chooseFile(content);
    await expect(centre.getByRole('alert')).toContainText(reason);
    await expect(centre.getByRole('article')).toHaveCount(0);
  }
  await office.desk.closeSheet();
  await office.desk.isUpToDate();
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Only for Tomasz to send.')).toHaveCount(0);
});

test('whoever works by keys sees the focus on the way to a file', async ({ device }) => {
  const places = [
    ['/console', 'technician@demo', (desk) => desk.openSyncCentre()],
    ['/', 'user@demo', (portal) => portal.chooseFromMenu('On this device')],
  ];
  for (const [at, login, open] of places) {
    const { desk } = await device(login, { at });
    const { page } = desk;
    await open(desk);
    const input = page.getByLabel('Choose a file…');
    const seen = page.locator('label.button').filter({ has: input });
    const outline = () => seen.evaluate((node) => getComputedStyle(node).outline);
    expect(await outline()).toContain('none');
    await input.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await expect(input).toBeFocused();
    expect(await outline()).toMatch(/solid 2px/);
  }
});

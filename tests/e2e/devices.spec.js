// Lost devices: who sees which, signing one out, and having it wiped at its next contact.
import { expect, test } from './support/test.js';
import { databases, placesOf } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const CONSOLE = 'holdfast-console-2';
const PORTAL = 'holdfast-portal-2';

/** Opens "My devices" and gives the cards. */
async function devicesOf(desk) {
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'My devices…' }).click();
  const sheet = desk.page.getByRole('dialog', { name: 'My devices' });
  await expect(sheet.getByRole('listitem').first()).toBeVisible();
  return sheet.getByRole('listitem');
}

/** Has the other device of a person wiped. */
async function wipeOther(desk) {
  const cards = await devicesOf(desk);
  const other = cards.filter({ hasNotText: 'This device' });
  await other.getByRole('button', { name: 'Sign out and wipe…' }).click();
  const sheet = desk.page.getByRole('dialog', { name: /^Wipe / });
  await expect(sheet).toContainText('What it never sent is handed to the server first');
  await expect(sheet).toContainText('also without a network');
  await sheet.getByRole('button', { name: 'Wipe it' }).click();
  await expect(other).toContainText('To be wiped at its next contact');
  return other;
}

/** Waits until a page says that the device was wiped, and nothing else. */
async function isWiped(page) {
  await expect(page.getByText('This device was wiped')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

test('a person sees their devices, and one is signed out from another', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('technician@demo')];
  const cards = await devicesOf(office.desk);
  await expect(cards).toHaveCount(2);
  await expect(cards.filter({ hasText: 'This device' })).toHaveCount(1);
  await expect(cards.first()).toContainText(/Chrom\w+ on Linux/);
  await expect(cards.first()).toContainText('Console · in contact now');
  const other = cards.filter({ hasNotText: 'This device' });
  await other.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(other).toContainText('Signed out');
  await expect(other.getByRole('button', { name: 'Sign out', exact: true })).toHaveCount(0);
  await expect(phone.desk.page.getByText('Your session has ended.')).toBeVisible({ timeout: 30_000 });
});

test('an administrator finds the devices of everybody, and nobody else does', async ({ device }) => {
  const phone = await device('technician@demo');
  const admin = await device('admin@demo');
  const { page } = admin.desk;
  await page.getByRole('button', { name: /: menu$/ }).click();
  await page.getByRole('link', { name: 'All devices' }).click();
  await expect(page).toHaveURL(/\/console\/devices$/);
  const owners = page.getByRole('main').getByRole('heading', { level: 2 });
  await expect(owners).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Search by person' }).fill('tomasz');
  await expect(owners).toHaveCount(1);
  const card = page.getByRole('main').getByRole('listitem');
  await card.getByRole('button', { name: 'Sign out and wipe…' }).click();
  await page.getByRole('button', { name: 'Wipe it' }).click();
  await isWiped(phone.desk.page);
  await page.reload();
  await page.getByRole('searchbox', { name: 'Search by person' }).fill('tomasz');
  await expect(card).toContainText(/Wiped .+, asked for .+ by /);

  await phone.desk.signIn('technician@demo');
  await phone.desk.page.getByRole('button', { name: /: menu$/ }).click();
  await expect(phone.desk.page.getByRole('link', { name: 'All devices' })).toHaveCount(0);
  await phone.desk.page.goto(`${phone.origin}/console/devices`);
  await phone.desk.isUpToDate();
  await expect(phone.desk.filterBox).toBeVisible();
});

test('a lost device that works offline is wiped at its next contact, and its work arrives', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('technician@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Zucchini-31 was never sent.');
  await desk.entry.fill('Zucchini-31 is a draft');
  await desk.isOffline(1);
  const other = await wipeOther(office.desk);
  // Until its next contact it goes on working.
  await desk.choose('Urgency', 'high');
  await desk.isOffline(2);
  await phone.goOnline();
  await isWiped(desk.page);
  const stage = await phone.backstage();
  expect(await databases(stage)).toEqual([]);
  for (const text of ['Zucchini-31', 'Scanners', 'Tomasz']) {
    expect(await placesOf(stage, text), text).toEqual([]);
  }
  await expect(async () => {
    await office.desk.closeSheet();
    await devicesOf(office.desk);
    await expect(other).toContainText(/Wiped /, { timeout: 1_000 });
  }).toPass();
  await office.desk.closeSheet();
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Zucchini-31 was never sent.')).toHaveCount(1);
  await expect(office.desk.property('Urgency')).toHaveValue('high');
  // Afterwards it is a browser like any other.
  await desk.signIn('technician@demo');
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('');
});

test('console and portal of one browser are wiped together, in every tab', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  const portal = await phone.open('/');
  await portal.isUpToDate();
  await portal.page.close();
  const second = await phone.open();
  await second.isUpToDate();
  const stage = await phone.backstage();
  expect(await databases(stage)).toEqual([CONSOLE, PORTAL]);
  const office = await device('technician@demo');
  const cards = await devicesOf(office.desk);
  await expect(cards).toHaveCount(3);
  const lost = cards.filter({ hasNotText: 'This device' }).filter({ hasText: 'Console' });
  await lost.getByRole('button', { name: 'Sign out and wipe…' }).click();
  await office.desk.page.getByRole('button', { name: 'Wipe it' }).click();
  for (const tab of [first, second]) await isWiped(tab.page);
  await expect.poll(() => databases(stage)).toEqual([]);
});

test('a tab that hears of a wipe when it is over leaves nothing behind', async ({ device }) => {
  const phone = await device('technician@demo');
  const late = await phone.open();
  await late.isUpToDate();
  const stage = await phone.backstage();
  const office = await device('technician@demo');
  const cards = await devicesOf(office.desk);
  const lost = cards.filter({ hasNotText: 'This device' });
  await lost.getByRole('button', { name: 'Sign out and wipe…' }).click();
  const busy = late.page.evaluate(() => {
    const until = Date.now() + 8_000;
    while (Date.now() < until);
  });
  await office.desk.page.getByRole('button', { name: 'Wipe it' }).click();
  await isWiped(phone.desk.page);
  await busy.catch(() => {});
  await isWiped(late.page);
  await expect.poll(() => databases(stage)).toEqual([]);
});

test('a wipe that was cut off goes on before anything is shown', async ({ device, server }) => {
  const [phone, office] = [await device('technician@demo'), await device('technician@demo')];
  const { desk } = phone;
  const stage = await phone.backstage();
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Zucchini-32 was never sent.');
  await desk.isOffline(1);
  await desk.isInstalled();
  await wipeOther(office.desk);
  // The server hears of the device and says so, but what it hands over does not arrive.
  let hasHeard = false;
  await phone.context.route('**/sync/push', (route) => {
    if (hasHeard) return route.abort();
    hasHeard = true;
    return route.continue();
  });
  await phone.goOnline();
  const { page } = desk;
  await expect(page.getByRole('heading', { name: 'This device is being wiped' })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Scanners')).toHaveCount(0);
  // What the server has, too, is gone already.
  await expect.poll(() => placesOf(stage, 'Scanners')).toEqual([]);
  expect(await placesOf(stage, 'Zucchini-32')).toEqual([CONSOLE]);
  await phone.closeTab();
  await phone.context.unroute('**/sync/push');
  await phone.goOffline();
  const again = await phone.context.newPage();
  await again.goto(`${phone.origin}/console`);
  await expect(again.getByRole('heading', { name: 'This device is being wiped' })).toBeVisible();
  await expect(again.getByText('1 change was never sent.')).toBeVisible({ timeout: 30_000 });
  await phone.goOnline();
  await isWiped(again);
  expect(await databases(stage)).toEqual([]);
  await office.desk.closeSheet();
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Zucchini-32 was never sent.')).toHaveCount(1);
  const { stdout } = await server.command(['user', 'devices', 'technician@demo']);
  expect(stdout).toMatch(/\tconsole\t.*\twiped /);
});

test('a device on which nobody is signed in any more keeps what was never sent for its author', async ({ device, server }) => {
  const [phone, office] = [await device('technician@demo'), await device('technician@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Zucchini-33 was never sent.');
  await desk.isOffline(1);
  await phone.context.clearCookies();
  await wipeOther(office.desk);
  await phone.goOnline();
  const { page } = desk;
  await expect(page.getByText('Sign in to hand it to the server')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Scanners')).toHaveCount(0);
  await page.getByLabel('Login').fill('technician@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await isWiped(page);
  await office.desk.closeSheet();
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Zucchini-33 was never sent.')).toHaveCount(1);
  const { stdout } = await server.command(['user', 'devices', 'technician@demo']);
  expect(stdout).toMatch(/\twiped /);
});

test('the portal lists devices, and one that is lost says why nothing is there', async ({ device }) => {
  const [phone, office] = [await device('user@demo', { at: '/' }), await device('user@demo', { at: '/' })];
  await wipeOther(office.desk);
  await isWiped(phone.desk.page);
  await phone.desk.page.reload();
  await isWiped(phone.desk.page);
  await phone.desk.signIn('user@demo');
  await expect(phone.desk.page.getByText('This device was wiped')).toHaveCount(0);
});

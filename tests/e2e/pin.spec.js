// A device that opens with a PIN only: what it shows without it, wrong tries, and the ways out.
import { expect, test } from './support/test.js';
import { databases, placesOf, plainPlacesOf } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const PIN = 'gate-7-north';

const locked = (page) => page.getByRole('heading', { name: 'This device is locked' });

async function openSheet(desk) {
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'PIN for this device…' }).click();
}

async function setPin(desk, pin) {
  await openSheet(desk);
  await desk.sheet.getByLabel('New PIN').fill(pin);
  await desk.sheet.getByLabel('The same again').fill(pin);
  await desk.sheet.getByRole('button', { name: 'Set PIN' }).click();
  await expect(desk.sheet).toHaveCount(0);
}

async function unlock(page, pin) {
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.getByRole('button', { name: 'Unlock' }).click();
}

test('a device with a PIN shows nothing without it, and everything with it, also offline', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  await phone.desk.isUpToDate();
  await phone.desk.isInstalled();
  await setPin(phone.desk, PIN);
  const stage = await phone.backstage();
  await phone.goOffline();
  await phone.desk.note('Written before it was locked.');
  await phone.desk.isOffline(1);
  await phone.desk.entry.fill('Half a sentence');
  const { page } = phone.desk;
  await page.getByRole('button', { name: /: menu$/ }).click();
  await page.getByRole('button', { name: 'Lock now' }).click();
  await expect(locked(page)).toBeVisible();
  await expect(page.getByText('Scanners')).toHaveCount(0);
  // Whoever reads the disk as this page could finds nothing either.
  expect(await placesOf(stage, 'Written before it was locked.')).toEqual([]);
  expect(await plainPlacesOf(stage, 'Scanners')).toEqual([]);
  await unlock(page, 'gate-7-south');
  await expect(page.getByText('That is not the PIN. Try again.')).toBeVisible();
  await expect(page.getByText('Scanners')).toHaveCount(0);
  await unlock(page, PIN);
  await phone.desk.shows(SCANNERS);
  await expect(phone.desk.message('Written before it was locked.')).toHaveCount(1);
  await expect(phone.desk.entry).toHaveValue('Half a sentence');
  await phone.goOnline();
  await phone.desk.isUpToDate();
  await page.reload();
  await expect(locked(page)).toBeVisible();
});

test('a PIN is changed and removed by whoever knows it', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await openSheet(desk);
  for (const weak of ['short', '======', '123456', 'fedcba', '121212']) {
    await desk.sheet.getByLabel('New PIN').fill(weak);
    await desk.sheet.getByLabel('The same again').fill(weak);
    await desk.sheet.getByRole('button', { name: 'Set PIN' }).click();
    await expect(desk.sheet.getByText('A PIN has at least 6 characters, at least 4 different')).toBeVisible();
    await desk.sheet.getByLabel('New PIN').fill('');
  }
  await desk.sheet.getByLabel('New PIN').fill(PIN);
  await desk.sheet.getByRole('button', { name: 'Set PIN' }).click();
  await expect(desk.sheet.getByText('The two PINs differ.')).toBeVisible();
  await desk.sheet.getByLabel('The same again').fill(PIN);
  await desk.sheet.getByRole('button', { name: 'Set PIN' }).click();
  await expect(desk.sheet).toHaveCount(0);
  await openSheet(desk);
  await desk.sheet.getByLabel('PIN so far').fill('not this one');
  await desk.sheet.getByRole('button', { name: 'Work without a PIN' }).click();
  await expect(desk.sheet.getByText('That is not the PIN. Try again.')).toBeVisible();
  await desk.sheet.getByLabel('PIN so far').fill(PIN);
  await desk.sheet.getByLabel('New PIN').fill('another one');
  await desk.sheet.getByLabel('The same again').fill('another one');
  await desk.sheet.getByRole('button', { name: 'Set PIN' }).click();
  await expect(desk.sheet).toHaveCount(0);
  await desk.page.reload();
  await unlock(desk.page, 'another one');
  await desk.isUpToDate();
  await openSheet(desk);
  await desk.sheet.getByLabel('PIN so far').fill('another one');
  await desk.sheet.getByRole('button', { name: 'Work without a PIN' }).click();
  await expect(desk.sheet).toHaveCount(0);
  await desk.page.reload();
  await desk.isUpToDate();
});

test('after five wrong tries the next one waits', async ({ device }) => {
  const phone = await device('technician@demo');
  await setPin(phone.desk, PIN);
  const { page } = phone.desk;
  await page.reload();
  for (let count = 1; count < 5; count += 1) {
    await unlock(page, `wrong ${count}`);
    await expect(page.getByText('That is not the PIN. Try again.')).toBeVisible();
  }
  await unlock(page, 'wrong 5');
  await expect(page.getByText(/The next is possible in 30 seconds/)).toBeVisible();
  await page.reload();
  await unlock(page, PIN);
  await expect(page.getByText(/The next is possible in \d+ seconds/)).toBeVisible();
  await expect(locked(page)).toBeVisible();
});

test('a page that nobody touches is locked', async ({ device }) => {
  const phone = await device('technician@demo');
  const { page } = phone.desk;
  await page.clock.install();
  await page.reload();
  await phone.desk.isUpToDate();
  await setPin(phone.desk, PIN);
  await page.clock.fastForward('09:00');
  await page.keyboard.press('Shift');
  await page.clock.fastForward('09:00');
  await expect(phone.desk.chip).toBeVisible();
  await page.clock.fastForward('02:00');
  await expect(locked(page)).toBeVisible();
});

test('whoever has forgotten the PIN signs out without what is here', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.isInstalled();
  await setPin(desk, PIN);
  await phone.goOffline();
  await desk.note('Never sent, and lost with the PIN.');
  await desk.isOffline(1);
  await desk.page.reload();
  await expect(locked(desk.page)).toBeVisible();
  await phone.goOnline();
  await desk.page.getByText('PIN forgotten?').click();
  await expect(desk.page.getByText('1 change or draft that is nowhere else is lost with it.')).toBeVisible();
  await desk.page.getByRole('button', { name: 'Sign out and remove everything' }).click();
  await expect(desk.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  const stage = await phone.backstage();
  await expect.poll(() => databases(stage)).toEqual([]);
  await desk.signIn('technician@demo');
  await desk.openIncident(SCANNERS);
});

test('a locked device that is to be wiped is wiped', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('technician@demo')];
  await setPin(phone.desk, PIN);
  await phone.desk.page.reload();
  await expect(locked(phone.desk.page)).toBeVisible();
  await office.desk.page.getByRole('button', { name: /: menu$/ }).click();
  await office.desk.page.getByRole('button', { name: 'My devices…' }).click();
  const sheet = office.desk.page.getByRole('dialog', { name: 'My devices' });
  const other = sheet.getByRole('listitem').filter({ hasNotText: 'This device' });
  await other.getByRole('button', { name: 'Sign out and wipe…' }).click();
  await office.desk.page.getByRole('button', { name: 'Wipe it' }).click();
  await expect(other).toContainText('To be wiped at its next contact');
  await phone.desk.page.reload();
  await expect(phone.desk.page.getByText('This device was wiped')).toBeVisible({ timeout: 60_000 });
  const stage = await phone.backstage();
  expect(await databases(stage)).toEqual([]);
  await office.desk.closeSheet();
  await expect(async () => {
    await office.desk.page.getByRole('button', { name: /: menu$/ }).click();
    await office.desk.page.getByRole('button', { name: 'My devices…' }).click();
    await expect(other).toContainText(/Wiped /, { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
});

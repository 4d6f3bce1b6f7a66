// Several tabs on one device, and tabs of several versions.
import { expect, test } from './support/test.js';
import { databases } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const DATABASE = 'holdfast-console-2';

/** The tabs that hold the lead of the database, by its lock. */
const leads = (page) =>
  page.evaluate(async (name) => {
    const { held, pending } = await navigator.locks.query();
    const of = (locks) => locks.filter((lock) => lock.name === `${name}-lead`).length;
    return [of(held), of(pending)];
  }, DATABASE);

/** Has the engines that start from now on bring a later layout of the database. */
function raiseLayout(device) {
  const later = `{ const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (name, layout) { return open.call(this, name, layout + 1); }; }\n`;
  return device.context.route(/\/assets\/engine-(?!glue)[^/]*\.js$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: later + (await answer.text()) });
  });
}

/** Has the engine of a tab tell the others nothing more, as if it ended each time before it could. */
async function silence(desk) {
  const [engine] = desk.page.workers();
  await engine.evaluate(() => (BroadcastChannel.prototype.postMessage = () => {}));
}

test('three tabs see each other, and the lead changes hands when its tab closes', async ({ device }) => {
  test.setTimeout(120_000);
  const phone = await device('technician@demo');
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const second = await phone.open();
  await second.openIncident(SCANNERS);
  const third = await phone.open();
  await third.openIncident(SCANNERS);
  await expect.poll(() => leads(third.page)).toEqual([1, 2]);
  // At the same moment; a message has one draft in all tabs, so those come one after the other.
  await Promise.all([first.choose('Urgency', 'low'), second.choose('Impact', 'high'), third.start()]);
  await first.note('From the first.');
  await second.note('From the second.');
  await third.note('From the third.');
  for (const desk of [first, second, third]) {
    for (const text of ['From the first.', 'From the second.', 'From the third.']) {
      await expect(desk.message(text)).toHaveCount(1);
    }
  }
  // The first one leads; it closes while the others go on.
  await phone.goOffline();
  await first.note('Last words of the first.');
  await first.page.close();
  await second.choose('Urgency', 'high');
  await third.note('Without the first.');
  await expect.poll(() => leads(third.page)).toEqual([1, 1]);
  await third.isOffline(3);
  await phone.goOnline();
  await third.isUpToDate();
  await second.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  for (const text of ['From the first.', 'From the second.', 'From the third.', 'Last words of the first.', 'Without the first.']) {
    await expect(office.desk.message(text)).toHaveCount(1);
    await expect(second.message(text)).toHaveCount(1);
  }
  await expect(office.desk.property('Urgency')).toHaveValue('high');
  await expect(office.desk.property('Impact')).toHaveValue('high');
  await expect(office.desk.state).toHaveText('In progress');
  // What comes from elsewhere reaches the tab that does not lead, too.
  await office.desk.note('From the office.');
  await expect(second.message('From the office.')).toHaveCount(1);
  await expect(third.message('From the office.')).toHaveCount(1);
});

test('what a tab kept that ended before it could say so is sent by the others', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const second = await phone.open();
  await second.openIncident(SCANNERS);
  await expect.poll(() => leads(first.page)).toEqual([1, 1]);
  await silence(second);
  await second.note('Its last words.');
  await expect(second.message('Its last words.').locator('[data-tick="kept"]')).toBeVisible();
  await second.page.close();
  await first.openSyncCentre();
  await first.sheet.getByRole('button', { name: 'Try now' }).click();
  await first.closeSheet();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Its last words.')).toHaveCount(1);
  await expect(first.message('Its last words.')).toHaveCount(1);
});

test('what the leading tab stored and could not tell is shown by those that follow', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const [second, third] = [await phone.open(), await phone.open()];
  await second.openIncident(SCANNERS);
  await third.isUpToDate();
  await expect.poll(() => leads(first.page)).toEqual([1, 2]);
  const office = await device('agent@demo');
  await silence(first);
  await office.desk.openIncident(SCANNERS);
  await office.desk.choose('Urgency', 'high');
  await office.desk.note('Stored and not told.');
  await office.desk.createIncident({ caller: 'Somebody', contact: 'gate 2', subject: 'Stored and not told either' });
  await office.desk.choose('Group', 'field');
  await office.desk.isUpToDate();
  await first.filter('Stored and not told');
  await expect(first.rows).toHaveCount(1);
  await expect(second.message('Stored and not told.')).toHaveCount(0);
  await first.page.close();
  await expect(second.message('Stored and not told.')).toHaveCount(1);
  await expect(second.property('Urgency')).toHaveValue('high');
  for (const desk of [second, third]) {
    await desk.filter('Stored and not told');
    await expect(desk.rows).toHaveCount(1);
  }
});

test('who signs in again in one tab is asked no more in the others', async ({ device, server }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  const second = await phone.open();
  await second.isUpToDate();
  await server.command(['user', 'sign-out', 'technician@demo']);
  const asks = (desk) => desk.page.getByText('Sign in again');
  for (const desk of [first, second]) await expect(asks(desk)).toBeVisible({ timeout: 30_000 });
  await second.signInAgain();
  for (const desk of [second, first]) {
    await desk.isUpToDate();
    await expect(asks(desk)).toHaveCount(0);
  }
});

test('a tab lets go of the database for a later layout, says so and keeps the draft', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  const stage = await phone.backstage();
  await desk.openIncident(SCANNERS);
  await desk.note('Kept by the old layout.');
  await desk.isUpToDate();
  await desk.entry.fill('Half a sen');
  await desk.entry.press('End');
  await desk.entry.pressSequentially('tence');
  // What a later version does first.
  const raised = stage.evaluate((name) => new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 99);
    opening.onupgradeneeded = () => opening.result.createObjectStore('later');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const stores = [...opening.result.objectStoreNames];
      opening.result.close();
      resolve(stores);
    };
  }), DATABASE);
  const banner = desk.page.getByText('Holdfast was updated in another tab.');
  await expect(banner).toBeVisible();
  expect(await raised).toContain('outbox');
  await expect(desk.message('Kept by the old layout.')).toHaveCount(1);
  await expect(desk.entry).toHaveValue('Half a sentence');
  // Whatever is still typed here is kept beside the database.
  await desk.entry.pressSequentially(' and its end');
  // What waits in the later layout is not known here, so nothing of it is removed.
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'Sign out…' }).click();
  await desk.sheet.getByRole('checkbox').check();
  await desk.sheet.getByRole('button', { name: /^Sign out/ }).click();
  await expect(desk.sheet.getByRole('alert')).toContainText('A later version of Holdfast');
  expect(await databases(stage)).toEqual([DATABASE]);
  await desk.closeSheet();
  const aside = () => desk.page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(aside).toContain('Half a sentence and its end');

  // This version meets the later layout: it touches nothing and says what to do.
  await desk.page.reload();
  await expect(desk.page.getByText('A later version of Holdfast has been used on this device.')).toBeVisible();
  await expect(desk.page.locator('.banner[role="alert"]')).toHaveCount(1);
  expect(await databases(stage)).toEqual([DATABASE]);
  expect(await aside()).toContain('Half a sentence and its end');
});

test('a version with a later layout starts beside an old tab and takes everything over', async ({ device }) => {
  // Without a service worker, whose copy would stand between the test and the later version.
  const phone = await device('technician@demo', { serviceWorkers: 'block' });
  const old = phone.desk;
  await old.openIncident(SCANNERS);
  await phone.goOffline();
  await old.note('Unsent when the update came.');
  await old.isOffline(1);
  await old.entry.fill('A draft across versions');
  await phone.goOnline();
  await raiseLayout(phone);
  const desk = await phone.open();
  await expect(old.page.getByText('Holdfast was updated in another tab.')).toBeVisible();
  await desk.openIncident(SCANNERS);
  await desk.isUpToDate();
  await expect(desk.message('Unsent when the update came.')).toHaveCount(1);
  await expect(desk.entry).toHaveValue('A draft across versions');
});

test('an old tab that never lets go is named, and the new one starts once it is closed', async ({ device }) => {
  const phone = await device('technician@demo', { serviceWorkers: 'block' });
  const stage = await phone.backstage();
  await phone.closeTab();
  // A tab from before tabs let go of the database.
  await stage.evaluate(async (name) => {
    const opening = indexedDB.open(name);
    await new Promise((resolve) => (opening.onsuccess = resolve));
    window.stubborn = opening.result;
  }, DATABASE);
  await raiseLayout(phone);
  const desk = await phone.open();
  const banner = desk.page.getByText('An older Holdfast is open in another tab');
  await expect(banner).toBeVisible();
  await stage.close();
  await desk.isUpToDate();
  await expect(banner).toHaveCount(0);
});

test('an update in the middle of typing loses no letter of any draft', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.isInstalled();
  await desk.entry.fill('The reply');
  await desk.start();
  await desk.press('Resolve…');
  await desk.sheet.getByRole('textbox').pressSequentially('The resolution, letter by letter');
  await desk.closeSheet();
  await desk.entry.press('End');
  await desk.entry.pressSequentially(' and more');
  // At once, before any pause.
  await desk.page.evaluate(() => window.dispatchEvent(new CustomEvent('holdfast-update')));
  await Promise.all([
    desk.page.waitForEvent('load'),
    desk.page.getByRole('button', { name: 'Restart' }).click(),
  ]);
  await desk.shows(SCANNERS);
  await expect(desk.entry).toHaveValue('The reply and more');
  await desk.press('Resolve…');
  await expect(desk.sheet.getByRole('textbox')).toHaveValue('The resolution, letter by letter');
});

test('storage is asked to persist once something is kept, not before', async ({ device }) => {
  const phone = await device();
  await phone.context.addInitScript(() => {
    navigator.storage.persist = async () => {
      localStorage.setItem('asked', String(1 + Number(localStorage.getItem('asked'))));
      return false;
    };
  });
  const asked = () => phone.desk.page.evaluate(() => localStorage.getItem('asked'));
  await phone.desk.page.reload();
  await phone.desk.signIn('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  expect(await asked()).toBeNull();
  await phone.desk.note('Something to lose.');
  await expect.poll(asked).toBe('1');
  await phone.desk.note('And more.');
  await phone.desk.isUpToDate();
  expect(await asked()).toBe('1');
  const centre = await phone.desk.openSyncCentre();
  const promise = centre.locator('dt:has-text("The browser promises to keep it") + dd');
  await expect(promise).toHaveText('No');
  await phone.desk.page.evaluate(() => window.dispatchEvent(new Event('appinstalled')));
  await expect.poll(asked).toBe('2');
});

test('a database that the browser removed is noticed, with what may be lost', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  const stage = await phone.backstage();
  const evict = async () => {
    await phone.closeTab();
    await stage.evaluate((name) => indexedDB.deleteDatabase(name), DATABASE);
    await expect.poll(() => databases(stage)).toEqual([]);
  };
  await phone.desk.isUpToDate();
  await evict();
  let desk = await phone.open();
  await expect(desk.page.getByRole('alert')).toContainText('Everything had been sent and is being fetched again');
  await desk.isUpToDate();
  await desk.page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  await desk.page.reload();
  await desk.isUpToDate();
  await expect(desk.page.getByRole('alert')).toHaveCount(0);

  await desk.isInstalled();
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Only here.');
  await desk.choose('Urgency', 'high');
  await desk.isOffline(2);
  await evict();
  await phone.goOnline();
  desk = await phone.open();
  await expect(desk.page.getByRole('alert')).toContainText('2 changes that had not been sent are lost');
  await desk.isUpToDate();
});

test('a first visit leaves no error in the console and offers to skip to the content', async ({ browser, server }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${server.origin}/console`);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(errors).toEqual([]);
  await page.getByLabel('Login').fill('agent@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByTestId('row').first()).toBeVisible();
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.listing')).toBeFocused();
  expect(errors).toEqual([]);
  await context.close();
});

// The portal: the journey of somebody who reports, with and without a network, and how portal and
// console keep to themselves.
import { readFile } from 'node:fs/promises';
import { findings } from './support/axe.js';
import { Portal } from './support/portal.js';
import { databases, garble, placesOf } from './support/storage.js';
import { expect, test } from './support/test.js';

const WAITS = 'Teams: others hear me like a robot';
const FIXED = 'Network over the dock';
const CACHES = () => window.caches.keys();

for (const network of ['on', 'off, then on']) {
  test(`from the report to the confirmed fix, network ${network}`, async ({ device }) => {
    const isOff = network !== 'on';
    const own = await device('user@demo', { at: '/' });
    const portal = own.desk;
    await expect(portal.row(WAITS)).toContainText('We are waiting for your answer: Maaike, your calls');
    await expect(portal.row(FIXED)).toContainText(/Fixed (on|at) .*: please confirm that it works\./);
    await portal.isInstalled();
    if (isOff) await own.goOffline();

    await portal.report({
      subject: 'Badge printer jams on the second card',
      description: 'Only with the white cards.',
      category: 'Printers and labels',
      asset: 'The badge printer at the front desk',
      contact: 'ext. 2214',
    });
    const first = portal.talk.getByRole('article').first();
    if (isOff) {
      await expect(portal.standing).toContainText('Kept on this device.');
      await expect(first).toContainText('Kept on this device');
    } else {
      await expect(portal.standing).toHaveText('We have it, and somebody will look at it soon.');
      await expect(portal.name).toHaveText(/^INC-\d+$/);
    }

    await portal.goHome();
    await portal.row(WAITS).getByRole('button', { name: 'Answer' }).click();
    await portal.write('The light is off.');
    await expect(portal.standing).toContainText(isOff ? 'Kept on this device.' : 'Anna Lindqvist is working on it.');
    if (isOff) await expect(portal.message('The light is off.')).toContainText('Kept on this device');
    await portal.goHome();
    await portal.row(FIXED).getByRole('button', { name: 'It works' }).click();
    await portal.page.getByText('Finished reports').click();
    await expect(portal.row(FIXED)).toContainText('Finished.');

    if (isOff) {
      await portal.isOffline(3);
      await portal.openReport(WAITS);
      await portal.entry.fill('Half a sentence');
      await expect(portal.page.getByText('Draft kept as you type')).toBeVisible();
      await portal.page.reload();
      await expect(portal.entry).toHaveValue('Half a sentence');
      await expect(portal.message('The light is off.')).toContainText('Kept on this device');
      await own.goOnline();
      await portal.isUpToDate();
      await expect(portal.message('The light is off.')).toContainText('✓ On server');
      await expect(portal.standing).toHaveText('Anna Lindqvist is working on it.');
      await portal.goHome();
    }

    const office = await device('agent@demo');
    const { desk } = office;
    await desk.openIncident('Badge printer jams');
    await expect(desk.talk).toContainText('About: The badge printer at the front desk');
    await expect(desk.talk).toContainText('Reach them: ext. 2214');
    await desk.reply('We change the rollers at noon.');
    await desk.resolve('Fixed', 'New rollers.');
    await desk.isUpToDate();

    await expect(portal.row('Badge printer jams')).toContainText('Fixed at');
    if (isOff) await own.goOffline();
    await portal.openReport('Badge printer jams on the second card');
    await expect(portal.message('We change the rollers at noon.')).toContainText('Anna Lindqvist');
    await portal.page.getByRole('button', { name: 'Still broken' }).click();
    await portal.page.getByLabel('What is still wrong?').fill('It jams on the third card now.');
    await portal.page.getByRole('button', { name: 'Send and reopen' }).click();
    await expect(portal.event('It jams on the third card now.')).toBeVisible();
    if (isOff) {
      await portal.isOffline(1);
      await expect(portal.standing).toContainText('Kept on this device.');
      await own.goOnline();
    }
    await portal.isUpToDate();
    await expect(desk.state).toHaveText('New');
    await expect(desk.event('It jams on the third card now.')).toBeVisible();
    await desk.resolve('Fixed', 'Rollers of the right size.');
    await expect(portal.standing).toContainText('Fixed at');
    await portal.page.getByRole('button', { name: 'It works' }).click();
    await expect(portal.standing).toHaveText('Finished.');
    await expect(desk.state).toHaveText('Closed');
    await expect(portal.entry).toHaveCount(0);
  });
}

for (const network of ['on', 'off']) {
  test(`every act on the portal can be taken back, and no word is lost, network ${network}`, async ({
    device,
  }) => {
    const own = await device('user@demo', { at: '/' });
    const portal = own.desk;
    const { page } = portal;
    await expect(portal.row(WAITS)).toContainText('We are waiting for your answer');
    await portal.isInstalled();
    if (network === 'off') await own.goOffline();

    await test.step('a report', async () => {
      await portal.report({ subject: 'Wrong printer', description: 'It hums.', asset: 'Printer 4' });
      await portal.takeBack('You reported a problem.');
      await expect(portal.heading).toHaveText('Report a problem');
      await expect(page.getByLabel('In a few words: what is not working?')).toHaveValue('Wrong printer');
      await expect(page.getByLabel('Tell us more')).toHaveValue('It hums.');
      await expect(page.getByLabel('Which device or thing is it?')).toHaveValue('Printer 4');
      await portal.goHome();
      await page.getByText('Finished reports').click();
      await expect(portal.row('Wrong printer')).toBeVisible();
    });
    await test.step('an answer', async () => {
      await portal.row(WAITS).getByRole('button', { name: 'Answer' }).click();
      await expect(portal.entry).toBeFocused();
      await portal.write('The light is off.');
      const next = network === 'off' ? 'Kept on this device.' : 'Anna Lindqvist is working on it.';
      await expect(portal.standing).toContainText(next);
      await portal.entry.fill('And one more thing');
      await portal.takeBack('You wrote a message.');
      await expect(portal.entry).toHaveValue('The light is off.\n\nAnd one more thing');
      await expect(portal.standing).toContainText('We are waiting for your answer');
      await expect(portal.message('The light is off.')).toHaveCount(0);
      await page.reload();
      await expect(portal.entry).toHaveValue('The light is off.\n\nAnd one more thing');
    });
    await test.step('that it works', async () => {
      await portal.goHome();
      await portal.row(FIXED).getByRole('button', { name: 'It works' }).click();
      await portal.takeBack('You said that it works.');
      await expect(portal.row(FIXED)).toContainText('please confirm that it works.');
    });
    await test.step('that it is still broken', async () => {
      await portal.row(FIXED).getByRole('button', { name: 'Still broken' }).click();
      await expect(page.getByLabel('What is still wrong?')).toBeFocused();
      await page.keyboard.type('It comes and goes.');
      await page.getByRole('button', { name: 'Send and reopen' }).click();
      await expect(portal.event('It comes and goes.')).toBeVisible();
      await portal.goHome();
      await portal.takeBack('You said that it is still broken.');
      await expect(page.getByLabel('What is still wrong?')).toHaveValue('It comes and goes.');
      await expect(portal.standing).toContainText('please confirm that it works.');
    });

    await own.goOnline();
    await portal.isUpToDate();
    const { desk } = await device('agent@demo');
    await desk.look(/^All\s*\d/);
    for (const [subject, state] of [
      ['Wrong printer', 'Cancelled'],
      [WAITS, 'On hold: the caller'],
      [FIXED, 'Resolved'],
    ]) {
      await desk.openIncident(subject);
      await expect(desk.state).toHaveText(state);
    }
  });
}

test('a report begun on the first page loses nothing of one that was not sent', async ({ device }) => {
  const { desk: portal } = await device('user@demo', { at: '/' });
  const { page } = portal;
  const subject = page.getByLabel('In a few words: what is not working?');
  const description = page.getByLabel('Tell us more');
  const begin = async (words) => {
    await page.getByLabel('Describe the problem in a few words').fill(words);
    await page.getByRole('button', { name: 'Report a problem' }).click();
    await expect(subject).toHaveValue(words);
  };
  await begin('The label printer is silent');
  await description.fill('Since noon.');
  await page.getByLabel('Which device or thing is it?').fill('Printer 4');
  await portal.goHome();
  await begin('No Wi-Fi at gate 2');
  await expect(description).toHaveValue('The label printer is silent\n\nSince noon.');
  await expect(page.getByLabel('Which device or thing is it?')).toHaveValue('Printer 4');
  // The same words again are no other report.
  await portal.goHome();
  await begin('No Wi-Fi at gate 2');
  await expect(description).toHaveValue('The label printer is silent\n\nSince noon.');
  const category = page.getByLabel('What is it about?');
  await category.selectOption({ label: 'Wi-Fi' });
  await page.reload();
  await expect(category.locator('option:checked')).toHaveText('Wi-Fi');
  await expect(subject).toHaveValue('No Wi-Fi at gate 2');
  await expect(description).toHaveValue('The label printer is silent\n\nSince noon.');
});

test('a report is one in two tabs, and what is sent from one is not sent again from the other', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const [first, second] = [own.desk, await own.open('/report')];
  const subject = ({ page }) => page.getByLabel('In a few words: what is not working?');
  const category = ({ page }) => page.getByLabel('What is it about?');
  await expect(subject(second)).toHaveValue('');
  await first.page.getByLabel('Describe the problem in a few words').fill('Zucchini-19 hums');
  await first.page.getByRole('button', { name: 'Report a problem' }).click();
  await category(first).selectOption({ label: 'Printers and labels' });
  await expect(subject(second)).toHaveValue('Zucchini-19 hums');
  await expect(category(second).locator('option:checked')).toHaveText('Printers and labels');
  await second.page.getByLabel('Tell us more').fill('Finished in the other tab.');
  await expect(first.page.getByLabel('Tell us more')).toHaveValue('Finished in the other tab.');
  await second.page.getByRole('button', { name: 'Send report' }).click();
  await expect(second.heading).toHaveText('Zucchini-19 hums');
  await expect(second.message('Finished in the other tab.')).toBeVisible();
  for (const empty of [subject(first), first.page.getByLabel('Tell us more'), category(first)]) {
    await expect(empty).toHaveValue('');
  }
  await first.page.getByRole('button', { name: 'Send report' }).click();
  await expect(first.page.getByText('Say in a few words what is not working.')).toBeVisible();
  await first.goHome();
  await expect(first.row('Zucchini-19 hums')).toHaveCount(1);
});

test('without scripts the same is done on plain pages', async ({ device }) => {
  const own = await device(undefined, { at: '/', javaScriptEnabled: false });
  const { page } = own.desk;
  own.expectErrors(/401/);
  await expect(page).toHaveURL(/\/\?plain$/);
  await page.getByLabel('Login').fill('user@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.locator('.mine li').first()).toHaveAttribute('data-mine', 'true');
  await expect(page.getByText(WAITS)).toBeVisible();
  await page.screenshot({ path: 'output/portal-plain-home.png', fullPage: true });
  await page.getByRole('link', { name: 'Report a problem' }).click();
  await page.getByLabel('In a few words').fill('Scanner beeps <all> day');
  await page.getByLabel('Tell us more').fill('Since Monday.\nEvery minute.');
  await page.getByLabel('What is it about?').selectOption({ label: 'Wi-Fi' });
  await page.screenshot({ path: 'output/portal-plain-report.png', fullPage: true });
  await page.getByRole('button', { name: 'Send report' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Scanner beeps <all> day');
  await expect(page.getByText(/^INC-\d+$/)).toBeVisible();
  await page.goBack();
  await page.getByRole('button', { name: 'Send report' }).click();
  await page.getByRole('link', { name: 'My reports' }).click();
  await expect(page.getByText('Scanner beeps <all> day')).toHaveCount(1);

  await page.getByRole('link', { name: WAITS }).click();
  await expect(page.locator('.question')).toContainText('Maaike, your calls actually run over Wi-Fi');
  await page.getByLabel('Your answer').fill('The light is off.');
  await page.screenshot({ path: 'output/portal-plain-incident.png', fullPage: true });
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('.standing')).toContainText('Anna Lindqvist is working on it.');
  await page.goto(`${own.server.origin}/`);
  await page.getByRole('link', { name: FIXED }).click();
  await page.screenshot({ path: 'output/portal-plain-fixed.png', fullPage: true });
  await page.getByLabel('What is still wrong?').fill('Gone again after lunch.');
  await page.getByRole('button', { name: 'Still broken' }).click();
  await expect(page.locator('.event').filter({ hasText: 'Gone again after lunch.' })).toBeVisible();

  const office = await device('agent@demo');
  await office.desk.openIncident('Scanner beeps');
  await expect(office.desk.talk).toContainText('Every minute.');
  await office.desk.openIncident(FIXED);
  await expect(office.desk.event('Gone again after lunch.')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Login')).toBeVisible();
});

test('a page that cannot start leads to the plain one', async ({ browser, server }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(/\/assets\/portal-.*\.wasm$/, (route) => route.abort());
  await page.goto(`${server.origin}/report`);
  await page.getByRole('link', { name: 'Go on with the simple page' }).click();
  await expect(page).toHaveURL(/\/report\?plain$/);
  await expect(page.getByLabel('Login')).toBeVisible();
  await context.close();
});

test.describe('over a line that the test changes', () => {
  test.use({ disturbed: true });

  test('a new version of the portal waits, and restarts with the draft', async ({ device, line }) => {
    const { desk: portal } = await device('user@demo', { at: '/' });
    await portal.openReport(WAITS);
    await portal.isInstalled();
    const [before] = await portal.page.evaluate(CACHES);
    await portal.entry.fill('A sentence that must not be lost');
    const version = before.replace('portal-', '');
    line.rewrite(/^\/portal-sw\.js$/, (text) => text.replace(version, 'ffffffffffff'));
    await portal.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
    });
    await expect(portal.page.getByText('New version ready.')).toBeVisible();
    await portal.page.getByRole('button', { name: 'Restart' }).click();
    await expect.poll(() => portal.page.evaluate(CACHES).catch(() => [])).toEqual(['portal-ffffffffffff']);
    await expect(portal.entry).toHaveValue('A sentence that must not be lost');
    await portal.isUpToDate();
  });

  for (const [at, login] of [['/', 'user@demo'], ['/console', 'agent@demo']]) {
    test(`whoever has no room for a draft is told once, and may leave ${at} without it`, async ({ device, line }) => {
      const full = `{ const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (...all) {
          if (this.name === 'drafts') throw new DOMException('full', 'QuotaExceededError');
          return put.apply(this, all);
        }; }\n`;
      line.rewrite(/\/assets\/engine-(?!glue)[^/]*\.js$/, (text) => full + text);
      const { desk } = await device(login, { at });
      const { page } = desk;
      await page.evaluate(() => {
        const { setItem } = Storage.prototype;
        Storage.prototype.setItem = function (name, value) {
          if (name.includes('.draft.')) throw new DOMException('full', 'QuotaExceededError');
          setItem.call(this, name, value);
        };
      });
      if (at === '/') await desk.openReport(WAITS);
      else await desk.openIncident(WAITS);
      await desk.entry.fill('There is no room for this');
      await expect(page.getByText('This device could not keep the draft')).toBeVisible();
      await page.getByRole('button', { name: /: menu$/ }).click();
      await page.getByRole('button', { name: 'Sign out…' }).click();
      const sheet = page.getByRole('dialog');
      const leave = sheet.getByRole('button', { name: 'Sign out', exact: true });
      await leave.click();
      await expect(sheet.getByRole('alert')).toContainText('Copy your text first');
      await leave.click();
      await expect(page.getByLabel('Login')).toBeVisible();
    });
  }
});

test('every page of the portal opens without a network, though none but the first was entered', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const portal = own.desk;
  await portal.isInstalled();
  await own.goOffline();
  await portal.page.reload();
  await portal.openReport(WAITS);
  await expect(portal.entry).toBeVisible();
  await portal.page.goto(`${own.server.origin}/report`);
  await expect(portal.page.getByLabel('In a few words: what is not working?')).toBeVisible();
  await portal.page.getByRole('button', { name: /: menu$/ }).click();
  await portal.page.getByRole('button', { name: 'Sign out…' }).click();
  await expect(portal.page.getByRole('dialog')).toContainText('Sign out');
});

test.describe('over a line that fails', () => {
  test.use({ disturbed: true });

  test('a page of the portal that did not come says so, and comes when it is asked for again', async ({ device, line }) => {
    const heal = line.answerItself('/assets/portal-split_rooms', { status: 500 });
    const own = await device('user@demo', { at: '/' });
    own.expectErrors(/500|split_rooms|instantiateStreaming|MIME/);
    const { desk: portal } = own;
    await portal.page.getByLabel('Describe the problem in a few words').fill('The door does not open');
    await portal.page.getByRole('button', { name: 'Report a problem' }).click();
    await expect(portal.page.getByText('This part of the page has not come.')).toBeVisible();
    heal();
    await portal.page.getByRole('button', { name: 'Try again' }).click();
    await expect(portal.page.getByLabel('In a few words: what is not working?')).toHaveValue('The door does not open');
  });
});

test('portal and console keep to themselves on one device', async ({ device }) => {
  const own = await device('technician@demo', { at: '/' });
  const portal = own.desk;
  await portal.isInstalled();
  const files = () =>
    portal.page.evaluate(async () => {
      const urls = [];
      for (const name of await window.caches.keys()) {
        const cache = await window.caches.open(name);
        for (const { url } of await cache.keys()) urls.push(`${name.split('-')[0]} ${new URL(url).pathname}`);
      }
      return urls;
    });
  const held = await files();
  expect(held.some((file) => /portal-.*\.wasm/.test(file))).toBe(true);
  expect(held.filter((file) => /console|style-|\/text-/.test(file))).toEqual([]);

  // The address of the console is not the portal's, and it asks for a sign-in of its own.
  const desk = await own.open('/console');
  await expect(desk.page.getByText('Once you have signed in, the console also starts')).toBeVisible();
  await desk.signIn('technician@demo');
  await expect.poll(files).toContain('holdfast /console');
  await desk.isInstalled();
  const both = await files();
  expect(both.filter((file) => /^holdfast .*\/assets\/portal/.test(file))).toEqual([]);
  await expect(desk.page.getByText('New version ready.')).toHaveCount(0);
  // What the portal keeps is no sign that the browser removed what the console kept.
  await expect(desk.page.getByText('The browser removed')).toHaveCount(0);

  // Without a network each address opens its own page; the portal goes on with the console's session.
  await own.goOffline();
  await desk.page.reload();
  await expect(desk.rows.first()).toBeVisible();
  await portal.page.goto(`${own.server.origin}/report`);
  await expect(portal.heading).toHaveText('Report a problem');
  await own.goOnline();
  await portal.isUpToDate();
});

test('a damaged copy of the portal is told, and what was saved of it is offered as a text', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  await own.desk.openReport(WAITS);
  const stage = await own.backstage();
  await own.desk.isInstalled();
  await own.goOffline();
  await own.desk.write('This one is damaged.');
  await own.desk.write('This one can be read.');
  await own.desk.isOffline(2);
  await own.closeTab();
  const [database] = await databases(stage);
  await garble(stage, database, ['outbox'], 1);
  await own.goOnline();
  await own.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const portal = await own.open('/');
  const told = portal.page.getByRole('alert').filter({ hasText: 'The copy on this device' });
  await expect(told).toContainText('1 change that had not been sent could not be read either.');
  await told.getByRole('button', { name: 'Copy what was saved' }).click();
  expect(await portal.page.evaluate(() => navigator.clipboard.readText())).toBe('This one can be read.');
  await portal.isUpToDate();
  await portal.openReport(WAITS);
  await expect(portal.message('This one can be read.')).toHaveCount(1);
  await expect(portal.message('This one is damaged.')).toHaveCount(0);
});

test('a portal lets go of the database for a later version, says so and keeps what is typed', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const portal = own.desk;
  await portal.openReport(WAITS);
  await portal.entry.fill('Half a sentence');
  const stage = await own.backstage();
  const [database] = await databases(stage);
  const raised = stage.evaluate((name) => new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, 99);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => resolve(opening.result.close());
  }), database);
  await expect(portal.page.getByText('Holdfast was updated in another tab.')).toBeVisible();
  await raised;
  await portal.entry.press('End');
  await portal.entry.pressSequentially(' and its end');
  await expect.poll(() => placesOf(stage, 'Half a sentence and its end')).toHaveLength(1);
});

test('leaving the portal for good takes everything along', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const portal = own.desk;
  const { page } = portal;
  const stage = await own.backstage();
  await page.getByLabel('Describe the problem in a few words').fill('Zucchini-17 begun');
  await page.getByRole('button', { name: 'Report a problem' }).click();
  await page.getByLabel('Tell us more').fill('Zucchini-17 described');
  await portal.goHome();
  await portal.openReport(WAITS);
  await portal.entry.fill('Zucchini-17 drafted');
  await expect.poll(() => placesOf(stage, 'Zucchini-17 drafted')).toHaveLength(1);
  expect(await placesOf(stage, 'Zucchini-17 described')).toHaveLength(1);
  await portal.chooseFromMenu('Sign out…');
  await page.getByRole('dialog').getByRole('checkbox').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Login')).toBeVisible();
  await expect.poll(() => placesOf(stage, 'Zucchini-17')).toEqual([]);
  const names = await stage.evaluate(() => Object.keys(localStorage));
  expect(names.filter((name) => /\d/.test(name))).toEqual([]);
});

test('leaving the portal with unsent messages offers to send or to save them, and the file is sent elsewhere', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const portal = own.desk;
  const sheet = portal.page.getByRole('dialog');
  await portal.isInstalled();
  await own.goOffline();
  await portal.report({ subject: 'Zucchini-18 leaks', description: 'From below.' });
  await portal.isOffline(1);
  await portal.chooseFromMenu('Sign out…');
  await expect(sheet).toContainText('1 change is kept on this device and not on the server yet.');
  await expect(sheet).toContainText('signing in again needs a network');
  await expect(sheet.getByRole('button', { name: 'Send now' })).toBeVisible();
  await expect(sheet.getByRole('checkbox')).toHaveCount(0);
  const [download] = await Promise.all([
    portal.page.waitForEvent('download'),
    sheet.getByRole('button', { name: 'Save to a file' }).click(),
  ]);
  const file = await readFile(await download.path());
  await sheet.getByRole('button', { name: 'Sign out and keep them here' }).click();
  await expect(portal.page.getByLabel('Login')).toBeVisible();

  const other = await device('user@demo', { at: '/' });
  const { page } = other.desk;
  await other.desk.chooseFromMenu('On this device');
  const centre = page.getByRole('dialog');
  const choose = (buffer) => centre.getByLabel('Choose a file…').setInputFiles({
    name: 'unsent.holdfast', mimeType: 'application/octet-stream', buffer,
  });
  await choose(file.subarray(0, file.length - 40));
  await expect(centre.getByRole('alert')).toContainText('This file is cut short.');
  await choose(file);
  await expect(centre.getByRole('article')).toContainText('Zucchini-18 leaks');
  await centre.getByRole('button', { name: 'Bring in' }).click();
  await expect(centre.getByRole('article')).toHaveCount(0);
  await centre.getByRole('button', { name: 'Close' }).click();
  await other.desk.isUpToDate();
  await expect(other.desk.row('Zucchini-18 leaks')).toHaveCount(1);

  await own.goOnline();
  await portal.signIn('user@demo');
  await portal.isUpToDate();
  await portal.openReport('Zucchini-18 leaks');
  await expect(portal.name).toContainText('INC-');
  await portal.goHome();
  await expect(portal.row('Zucchini-18 leaks')).toHaveCount(1);
});

test('somebody who only reports is led from the console to the portal', async ({ device }) => {
  const own = await device(undefined, { at: '/console' });
  const { page } = own.desk;
  await page.getByLabel('Login').fill('user@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('Use the portal');
  await page.getByRole('link', { name: 'Report a problem of your own' }).click();
  const portal = new Portal(page);
  await portal.signIn('user@demo');
  await expect(portal.row(WAITS)).toBeVisible();
});

test('an answer to a report that somebody lost comes back readable', async ({ device }) => {
  const own = await device('user@demo', { at: '/' });
  const portal = own.desk;
  await portal.openReport(WAITS);
  await own.goOffline();
  await portal.write('<b>Readable</b> even now 🙂 שלום');
  await portal.entry.fill('Not sent yet');
  const office = await device('agent@demo');
  const { desk } = office;
  await desk.openIncident(WAITS);
  await desk.detail.getByRole('button', { name: /^Requester: .* Change$/ }).click();
  await desk.sheet.getByRole('combobox').pressSequentially('Joost');
  await desk.sheet.getByRole('option', { name: /Joost/ }).click();
  await desk.sheet.getByRole('button', { name: 'Change requester' }).click();
  await desk.isUpToDate();
  await own.goOnline();
  await expect(portal.chip).toHaveText('1 message could not be sent', { timeout: 30_000 });
  const lost = portal.page.getByText('You can no longer see what becomes of this report.').first();
  await expect(lost).toBeVisible();
  const address = portal.page.url();
  await portal.goHome();
  const drafts = portal.page.getByRole('region', { name: 'Begun and not sent', exact: true });
  await expect(drafts.locator('blockquote')).toHaveText('Not sent yet');
  await portal.page.goto(address);
  await expect(drafts.locator('blockquote')).toHaveText('Not sent yet');
  await portal.goHome();
  await drafts.getByRole('button', { name: 'Discard' }).click();
  await expect(drafts).toHaveCount(0);
  const card = portal.page.getByRole('region', { name: 'Could not be sent' }).getByRole('article');
  await expect(card.locator('blockquote')).toHaveText('<b>Readable</b> even now 🙂 שלום');
  await expect(card).toContainText('You may no longer write to this report.');
  await expect(portal.row(WAITS)).toHaveCount(0);
  await card.getByRole('button', { name: 'Discard' }).click();
  await expect(card).toHaveCount(0);
  await portal.page.getByRole('button', { name: 'Undo' }).click();
  await expect(card.locator('blockquote')).toHaveText('<b>Readable</b> even now 🙂 שלום');
  await card.getByRole('button', { name: 'Discard' }).click();
  await expect(card).toHaveCount(0);
  await portal.isUpToDate();
});

test('what is typed is shown as it was typed, and what is too long stays in the form', async ({ device }) => {
  const { desk: portal } = await device('user@demo', { at: '/' });
  const subject = '"><img src=x onerror=alert(1)> 🙂 مرحبا';
  await portal.report({ subject, description: '<script>alert(1)</script>\n漢字 e\u0301' });
  await expect(portal.message('<script>alert(1)</script>')).toContainText('漢字');
  await portal.isUpToDate();
  await portal.entry.fill('x'.repeat(70_000));
  await portal.page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(portal.page.getByText('This is 4,464 characters too long.')).toBeVisible();
  const send = portal.page.getByRole('button', { name: 'Send', exact: true });
  const ends = async (part) => part.evaluate((one) => one.getBoundingClientRect().right);
  expect(await ends(send)).toBeCloseTo(await ends(portal.entry), 0);
  await expect(portal.entry).toHaveValue('x'.repeat(70_000));
  await portal.goHome();
  await expect(portal.row(subject)).toHaveCount(1);

  await portal.page.getByLabel('Describe the problem in a few words').fill('x'.repeat(520));
  await portal.page.getByRole('button', { name: 'Report a problem' }).click();
  await expect(portal.page.getByText('This is 20 characters too long.')).toBeVisible();
  const box = portal.page.getByLabel('In a few words: what is not working?');
  await expect(box).toHaveValue('x'.repeat(520));
  await portal.page.getByRole('button', { name: 'Send report' }).click();
  await expect(box).toBeFocused();
  await box.fill('x'.repeat(500));
  await expect(portal.page.getByText('too long')).toHaveCount(0);
});

test('what staff does while somebody writes on the portal is said before it is sent', async ({ device }) => {
  const { desk: portal } = await device('user@demo', { at: '/' });
  const subject = 'Kettle in the canteen trips the fuse';
  await portal.report({ subject });
  await portal.isUpToDate();
  await portal.entry.fill('It is the left');
  const { desk } = await device('agent@demo');
  await desk.openIncident(subject);
  await desk.press('Assign to me');
  await desk.isUpToDate();
  const told = portal.page.locator('.meanwhile');
  await desk.reply('Which of the two is it?');
  await expect(told).toContainText('Anna Lindqvist replied while you wrote: Which of the two is it?');
  await expect(portal.entry).toHaveValue('It is the left');
  await told.getByRole('button', { name: 'Seen' }).click();
  await expect(told).toHaveCount(0);
});

/** What of the page lies beneath what offers to take an act back. */
async function beneath(portal) {
  const boxOf = async (part) => ((await part.isVisible()) ? part.boundingBox() : undefined);
  const offer = await boxOf(portal.page.locator('.toast:visible'));
  const parts = {
    'the state of the device': portal.chip,
    heading: portal.heading,
    'the way back': portal.page.locator('.back'),
    standing: portal.standing,
    box: portal.entry,
    send: portal.page.getByRole('button', { name: 'Send', exact: true }),
  };
  const covered = [];
  for (const [name, part] of Object.entries(parts)) {
    const box = await boxOf(part);
    const meets = (from, size) => box[from] < offer[from] + offer[size] && offer[from] < box[from] + box[size];
    if (box && meets('x', 'width') && meets('y', 'height')) covered.push(name);
  }
  return covered;
}

const screens = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desk: { viewport: { width: 1440, height: 900 } },
};

for (const [size, screen] of Object.entries(screens)) {
  test(`what offers to take an act back covers nothing that comes next on a ${size}`, async ({ device }) => {
    const own = await device('user@demo', { at: '/', ...screen });
    const portal = own.desk;
    await portal.isInstalled();
    await own.goOffline();
    await portal.report({ subject: 'The badge printer jams on the second card since the weekend' });
    await expect(portal.page.locator('.toast')).toContainText('You reported a problem.');
    await portal.isOffline(1);
    expect(await beneath(portal)).toEqual([]);
    await own.goOnline();
    await portal.isUpToDate();
    for (let part = 1; part <= 5; part += 1) {
      await portal.write(`Part ${part}: ${'it prints the first card and then it stops. '.repeat(6)}`);
      await expect(portal.page.locator('.toast:visible')).toHaveCount(1);
      // Whoever has scrolled down to write sees neither the heading nor the way back.
      expect((await beneath(portal)).filter((part) => /box|send/.test(part))).toEqual([]);
    }
    await portal.page.locator('.toast:visible').getByRole('button', { name: 'Undo' }).click();
    await expect(portal.entry).toHaveValue(/^Part 5/);
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`every page of the portal on a ${size}, ${colorScheme}`, async ({ device }) => {
      const locale = size === 'desk' && colorScheme === 'dark' ? 'de-DE' : 'en-GB';
      const own = await device(undefined, { at: '/', ...screen, colorScheme, locale: 'en-GB' });
      const { desk: portal } = own;
      const { page } = portal;
      const look = async (name) => {
        const path = `output/portal-${name}-${size}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
        expect.soft(await findings(page), name).toEqual([]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect.soft(width, `${name} is as wide as the screen`).toBeLessThanOrEqual(screen.viewport.width);
      };
      await expect(page.getByLabel('Login')).toBeVisible();
      await look('sign-in');
      await portal.signIn('user@demo');
      await expect(portal.row(WAITS)).toContainText('Maaike');
      await look('home');
      await page.getByRole('button', { name: 'Report a problem' }).click();
      await page.getByRole('button', { name: 'Send report' }).click();
      await expect(page.getByText('Say in a few words what is not working.')).toBeVisible();
      await look('report');
      await portal.goHome();
      await own.goOffline();
      await portal.openReport(WAITS);
      await portal.write('Kept in a dead zone.');
      await portal.isOffline(1);
      await look('offline');
      await portal.goHome();
      await portal.row(FIXED).getByRole('button', { name: 'Still broken' }).click();
      await expect(page.getByLabel('What is still wrong?')).toBeFocused();
      await look('fixed');
      await page.getByRole('button', { name: /: menu$/ }).click();
      if (locale === 'de-DE') {
        await page.getByRole('button', { name: 'Deutsch' }).click();
        await expect(page.getByText('Geht noch nicht').first()).toBeVisible();
        await look('german');
      } else {
        await look('menu');
      }
    });
  }
}

// What is typed and not sent: it survives whatever happens to the page, and nobody writes past another.
import { expect, test } from './support/test.js';
import { databases, occupy, placesOf } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const DATABASE = 'holdfast-console-2';

/** Ends the tab in front as a crash does: nothing in it is told. */
async function crash(device, stage, text) {
  await expect.poll(() => placesOf(stage, text)).toContain(DATABASE);
  const { page } = device.desk;
  const protocol = await device.context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  protocol.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
}

test('a reply, a note and a resolution survive a crash of the tab', async ({ device }) => {
  const phone = await device('technician@demo');
  const stage = await phone.backstage();
  await phone.desk.openIncident(SCANNERS);
  await phone.desk.entry.fill('A reply begun');
  await crash(phone, stage, 'A reply begun');

  let desk = await phone.open();
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('A reply begun');
  await expect(desk.page.getByRole('button', { name: 'Send', exact: true })).toBeVisible();
  await desk.page.getByRole('button', { name: 'Internal note', exact: true }).click();
  await desk.entry.fill('A note begun 🦶 مرحبا <b>not bold</b>');
  await crash(phone, stage, 'A note begun 🦶 مرحبا <b>not bold</b>');

  desk = await phone.open();
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('A note begun 🦶 مرحبا <b>not bold</b>');
  await desk.start();
  await desk.press('Resolve…');
  await desk.sheet.getByRole('combobox').selectOption({ label: 'Workaround' });
  await desk.sheet.getByRole('textbox').fill('A resolution begun');
  await crash(phone, stage, 'A resolution begun');

  desk = await phone.open();
  await desk.openIncident(SCANNERS);
  await desk.press('Resolve…');
  await expect(desk.sheet.getByRole('textbox')).toHaveValue('A resolution begun');
  await expect(desk.sheet.getByRole('combobox').locator('option:checked')).toHaveText('Workaround');
  await desk.sheet.getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(desk.sheet).toBeHidden();
  await expect(desk.state).toHaveText('Resolved');
});

test('a draft survives what another person does, and says what they did before it is sent', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await office.desk.openIncident(SCANNERS);
  await desk.entry.fill('I will look at aisle 43');
  await office.desk.reply('Aisle 43 is done already.');
  const told = desk.detail.locator('.meanwhile');
  await expect(told).toContainText('Anna Lindqvist replied while you wrote: Aisle 43 is done already.');
  await office.desk.choose('Urgency', 'high');
  await expect(told).toContainText('2 things happened while you wrote, the last by Anna Lindqvist.');
  await expect(desk.entry).toHaveValue('I will look at aisle 43');
  // Also after the tab was closed and opened again.
  await phone.closeTab();
  const again = await phone.open();
  await again.openIncident(SCANNERS);
  await expect(again.entry).toHaveValue('I will look at aisle 43');
  const line = again.detail.locator('.meanwhile');
  await expect(line).toContainText('2 things happened while you wrote');
  await line.getByRole('button', { name: 'Seen' }).click();
  await expect(line).toHaveCount(0);
  // It is said, and never in the way.
  await office.desk.note('One more.');
  await expect(line).toContainText('Anna Lindqvist added a note while you wrote: One more.');
  await again.page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(again.entry).toHaveValue('');
  await expect(line).toHaveCount(0);
  await expect(again.message('I will look at aisle 43')).toHaveCount(1);
});

test('two tabs write one draft, and what is sent from one is not sent again from the other', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const second = await phone.open();
  await second.openIncident(SCANNERS);
  await first.entry.fill('Written in the first tab');
  await expect(second.entry).toHaveValue('Written in the first tab');
  await second.entry.press('End');
  await second.entry.pressSequentially(', finished in the second');
  await expect(first.entry).toHaveValue('Written in the first tab, finished in the second');
  await first.page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(first.entry).toHaveValue('');
  await expect(second.entry).toHaveValue('');
  await expect(second.message('finished in the second')).toHaveCount(1);
  // The same holds for a new incident.
  await first.beginNew({ caller: 'Somebody', contact: 'gate 2', subject: 'Begun in one tab' });
  await second.page.getByRole('button', { name: 'New', exact: true }).first().click();
  const subject = second.sheet.getByLabel('Subject');
  await expect(subject).toHaveValue('Begun in one tab');
  await first.sheet.getByRole('button', { name: 'Create incident' }).click();
  await first.shows('Begun in one tab');
  await expect(subject).toHaveValue('');
});

test('a new incident in two tabs shows in both who was picked in one', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  const second = await phone.open();
  await second.page.getByRole('button', { name: 'New', exact: true }).first().click();
  const finder = second.sheet.getByRole('combobox', { name: 'Requester' });
  await expect(finder).toHaveValue('');
  await first.beginNew({ requester: 'Oliwia Kaczmarek', subject: 'Picked in one tab' });
  await expect(finder).toHaveValue('Oliwia Kaczmarek');
  await expect(second.sheet.getByLabel('How to reach the caller')).toHaveCount(0);
  await expect(second.sheet.getByLabel('Subject')).toHaveValue('Picked in one tab');
  await second.sheet.getByRole('button', { name: 'Create incident' }).click();
  await second.shows('Picked in one tab');
  await expect(second.detail).toContainText('Oliwia Kaczmarek');
  const own = first.sheet.getByRole('combobox', { name: 'Requester' });
  await expect(own).toHaveValue('');
  // Who is typed over is no longer who was picked.
  await own.pressSequentially('Oliwia');
  await first.sheet.locator('[role="option"]', { hasText: 'Oliwia Kaczmarek' }).click();
  await expect(own).toHaveValue('Oliwia Kaczmarek');
  await own.fill('Oliwia of gate 2');
  await expect(first.sheet.getByLabel('How to reach the caller')).toBeVisible();
});

for (const [surface, login, at, subject] of [
  ['the console', 'technician@demo', '/console', SCANNERS],
  ['the portal', 'user@demo', '/', 'Teams: others hear me like a robot'],
]) {
  test(`what is typed while a message is being kept stays in the box of ${surface}`, async ({ device }) => {
    const own = await device(login, { at });
    const page = own.desk;
    const stage = await own.backstage();
    const [database] = await databases(stage);
    const open = () => (at === '/' ? page.openReport(subject) : page.openIncident(subject));
    const begin = async (text) => {
      const release = await occupy(stage, database, ['docs', 'overlays', 'outbox']);
      await page.entry.fill(text);
      await page.entry.press('Control+Enter');
      await expect(page.message(text)).toHaveCount(1);
      await page.entry.press('End');
      return release;
    };
    await open();
    let release = await begin('Sent first.');
    await page.entry.pressSequentially(' Typed on');
    await release();
    await expect(page.entry).toHaveValue('Typed on');
    await page.isUpToDate();
    await page.page.reload();
    await expect(page.entry).toHaveValue('Typed on');
    await expect(page.message('Sent first.')).toHaveCount(1);

    // Also when the box has gone with its page meanwhile.
    release = await begin('Sent next.');
    await page.entry.pressSequentially(' And typed on');
    if (at === '/') await page.goHome();
    else {
      await page.filter('No signal in the stock room');
      await page.rows.click();
    }
    await expect(page.entry).toHaveCount(0);
    await release();
    await page.isUpToDate();
    await open();
    await expect(page.entry).toHaveValue('And typed on');
    await expect(page.message('Sent next.')).toHaveCount(1);
    await expect(page.message('typed on')).toHaveCount(0);
  });
}

test('rich text is pasted as plain text, and what is too long is said and stays', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.openIncident(SCANNERS);
  await desk.page.evaluate(() => {
    const of = (type, text) => new Blob([text], { type });
    const rich = { 'text/html': of('text/html', '<h1>Bold</h1><b>😀</b>'), 'text/plain': of('text/plain', 'Bold 😀') };
    return navigator.clipboard.write([new ClipboardItem(rich)]);
  });
  await desk.entry.focus();
  await desk.page.keyboard.press('Control+V');
  await expect(desk.entry).toHaveValue('Bold 😀');
  await desk.entry.fill('');
  const long = 'ü'.repeat(70_000);
  await desk.entry.fill(long);
  await desk.page.getByRole('button', { name: 'Send', exact: true }).click();
  // Shown before it was done, and taken back by the engine: the text is still there.
  await expect(desk.page.getByRole('form', { name: 'Write' }).getByRole('status').last()).toContainText('This is too long: about 65,000 characters at most.');
  await expect(desk.entry).toHaveValue(long);
  await expect(desk.message('üüü')).toHaveCount(0);
  await desk.page.reload();
  await expect(desk.entry).toHaveValue(long);
  await desk.isUpToDate();
});

test('drafts are listed with a way to them, and leaving for good says that they go', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.entry.fill('Listed as a draft');
  await desk.filter('');
  const centre = await desk.openSyncCentre();
  await expect(centre.getByRole('heading', { name: '1 draft' })).toBeVisible();
  await expect(centre.getByText('Listed as a draft')).toBeVisible();
  await centre.getByRole('button', { name: SCANNERS }).click();
  await expect(desk.entry).toHaveValue('Listed as a draft');
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'Sign out…' }).click();
  await desk.sheet.getByRole('checkbox').check();
  await expect(desk.sheet.getByText('1 draft is removed too.')).toBeVisible();
});

test('signing out with unsent work says how much and offers to send or to save it', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Unsent.');
  await desk.isOffline(1);
  await desk.entry.fill('Not even begun to be sent');
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'Sign out…' }).click();
  await expect(desk.sheet.getByText('1 change is kept on this device and not on the server yet.')).toBeVisible();
  await expect(desk.sheet.getByRole('checkbox')).toHaveCount(0);
  await expect(desk.sheet.getByText('1 draft stays on this device.')).toBeVisible();
  const [download] = await Promise.all([
    desk.page.waitForEvent('download'),
    desk.sheet.getByRole('button', { name: 'Save to a file' }).click(),
  ]);
  expect(download.suggestedFilename()).toContain('holdfast-unsent-');
  await desk.sheet.getByRole('button', { name: 'Send now' }).click();
  await expect(desk.sheet.getByText('There is no network right now.')).toBeVisible();
  await phone.goOnline();
  // The device may be quicker than the finger, and then there is nothing left to press.
  await desk.sheet.getByRole('button', { name: 'Send now' }).click({ timeout: 5_000 }).catch(() => {});
  await expect(desk.sheet.getByText('Everything is on the server.')).toBeVisible();
});

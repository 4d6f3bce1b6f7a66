// A device that fails: no room, a damaged copy, a wrong clock, a browser that promises little.
import { expect, test } from './support/test.js';
import { asFirstLayout, databases, garble, keepOnly, loseKey, placesOf, plainPlacesOf } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const DATABASE = 'holdfast-console-2';

test('a full device refuses an act visibly and keeps the draft', async ({ device, server }) => {
  test.setTimeout(120_000);
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  const protocol = await phone.context.newCDPSession(desk.page);
  const room = (quotaSize) =>
    protocol.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize });
  await room(1);
  const send = desk.page.getByRole('button', { name: 'Send', exact: true });
  const told = desk.page.getByText('This device has no room left, so this was not kept.');
  // The browser looks at its quota only now and then.
  let number = 0;
  await expect(async () => {
    number += 1;
    await desk.entry.fill(`Message ${number}.`);
    await send.click();
    await expect(told).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(desk.entry).toHaveValue(`Message ${number}.`);
  await expect(desk.message(`Message ${number}.`)).toHaveCount(0);
  await desk.choose('Urgency', 'high');
  await expect(desk.page.locator('.toast', { hasText: 'no room left' })).toBeVisible();
  await expect(desk.property('Urgency')).not.toHaveValue('high');
  await desk.isOffline(number - 1);
  await room(undefined);
  await expect(async () => {
    await send.click({ timeout: 1_000 });
    await expect(desk.entry).toHaveValue('', { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(desk.message(`Message ${number}.`)).toHaveCount(1);
  await phone.goOnline();
  await desk.isUpToDate();
});

for (const [what, stores] of [
  ['documents', ['docs']],
  ['rows', ['chunks', 'overlays']],
  ['notes of the engine', ['meta']],
  ['all of it', ['docs', 'chunks', 'overlays', 'meta']],
]) {
  test(`a damaged copy is told and fetched again: ${what}`, async ({ device }) => {
    const phone = await device('technician@demo');
    await phone.desk.openIncident(SCANNERS);
    await phone.desk.note('Sent early.');
    await phone.desk.isUpToDate();
    await phone.desk.filter('');
    await expect.poll(() => phone.desk.count()).toBeGreaterThan(1);
    const count = await phone.desk.count();
    await phone.desk.isInstalled();
    await phone.goOffline();
    await phone.desk.note('Never sent before the damage.');
    await phone.desk.isOffline(1);
    await phone.closeTab();
    await phone.goOnline();
    const stage = await phone.backstage();
    expect(await garble(stage, DATABASE, stores)).toBeGreaterThan(0);
    const address = new URL(phone.desk.page.url()).pathname;
    const desk = await phone.open(address);
    await expect(desk.damage).toContainText('What waited to be sent is kept.');
    await desk.isUpToDate();
    await expect.poll(() => desk.count()).toBe(count);
    await expect(desk.message('Sent early.')).toHaveCount(1);
    await expect(desk.message('Never sent before the damage.')).toHaveCount(1);
    await desk.note('After the damage.');
    await desk.isUpToDate();
    const office = await device('agent@demo');
    await office.desk.openIncident(SCANNERS);
    await expect(office.desk.message('Never sent before the damage.')).toHaveCount(1);
    await expect(office.desk.message('After the damage.')).toHaveCount(1);
  });
}

test('a copy that turns out damaged while work on it is sent is told and fetched again', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  await phone.desk.filter('');
  await expect.poll(() => phone.desk.count()).toBeGreaterThan(1);
  const count = await phone.desk.count();
  await phone.desk.isInstalled();
  const stage = await phone.backstage();
  await phone.goOffline();
  await phone.desk.note('Sent from a damaged copy.');
  await phone.desk.isOffline(1);
  await phone.closeTab();
  // With a network, an engine that is just ending could still send the note from a sound copy.
  await garble(stage, DATABASE, ['docs']);
  await phone.goOnline();
  const desk = await phone.open();
  await expect(desk.damage).toContainText('What waited to be sent is kept.');
  await desk.isUpToDate();
  await expect.poll(() => desk.count()).toBe(count);
  await desk.openIncident(SCANNERS);
  await expect(desk.message('Sent from a damaged copy.')).toHaveCount(1);
});

test('acts that were damaged are counted; the others are offered as a text and sent', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  const stage = await phone.backstage();
  await phone.desk.isInstalled();
  await phone.goOffline();
  await phone.desk.note('This one is damaged.');
  await phone.desk.note('This one can be read.');
  await phone.desk.isOffline(2);
  await phone.closeTab();
  await garble(stage, DATABASE, ['outbox'], 1);
  await phone.goOnline();
  await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const desk = await phone.open();
  await expect(desk.damage).toContainText('1 change that had not been sent could not be read either.');
  await desk.damage.getByRole('button', { name: 'Copy what was saved' }).click();
  const copied = await desk.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('This one can be read.');
  await desk.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('This one can be read.')).toHaveCount(1);
  await expect(office.desk.message('This one is damaged.')).toHaveCount(0);
});

/** Works offline on an incident: a note that waits, and a draft. Gives a page beside the client. */
async function workOffline(phone, note, draft) {
  await phone.desk.openIncident(SCANNERS);
  await phone.desk.isUpToDate();
  const stage = await phone.backstage();
  await phone.desk.isInstalled();
  await phone.goOffline();
  await phone.desk.note(note);
  await phone.desk.isOffline(1);
  await phone.desk.entry.fill(draft);
  await expect.poll(() => placesOf(stage, draft)).toContain(DATABASE);
  return stage;
}

test('a database that cannot be read as a whole is replaced, with what exists nowhere else', async ({ device }) => {
  const phone = await device('technician@demo');
  const stage = await workOffline(phone, 'Never sent before the loss.', 'A draft before the loss');
  const address = new URL(phone.desk.page.url()).pathname;
  await phone.closeTab();
  await keepOnly(stage, DATABASE, ['keys', 'outbox', 'review', 'drafts']);
  await phone.goOnline();
  const desk = await phone.open(address);
  await expect(desk.damage).toContainText('What waited to be sent is kept.');
  await desk.isUpToDate();
  await expect(desk.message('Never sent before the loss.')).toHaveCount(1);
  await expect(desk.entry).toHaveValue('A draft before the loss');
  await desk.page.reload();
  await desk.isUpToDate();
  await expect(desk.damage).toHaveCount(0);
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Never sent before the loss.')).toHaveCount(1);
});

test('a database that was deleted is fetched again', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.isUpToDate();
  const count = await phone.desk.count();
  await phone.closeTab();
  const stage = await phone.backstage();
  await stage.evaluate((name) => indexedDB.deleteDatabase(name), DATABASE);
  await expect.poll(() => databases(stage)).toEqual([]);
  const desk = await phone.open();
  await desk.isUpToDate();
  await expect.poll(() => desk.count()).toBe(count);
});

test('nothing that people wrote can be read on the disk', async ({ device }) => {
  const phone = await device('technician@demo');
  const stage = await workOffline(phone, 'Nobody but staff reads this.', 'Half a sentence');
  for (const text of ['Nobody but staff reads this.', 'Scanners', 'Oliwia Kaczmarek', 'Half a sentence']) {
    expect(await placesOf(stage, text), text).toContain(DATABASE);
    expect(await plainPlacesOf(stage, text), text).toEqual([]);
  }
});

test('nor can what is only typed of a new incident, which waits in the list of drafts', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  const stage = await phone.backstage();
  const subject = 'Typed and not sent';
  await desk.beginNew({ requester: 'Oliwia Kaczmarek', subject });
  await expect.poll(() => placesOf(stage, subject)).toEqual([DATABASE]);
  expect(await plainPlacesOf(stage, subject)).toEqual([]);
  await desk.page.reload();
  await desk.closeSheet();
  const centre = await desk.openSyncCentre();
  await expect(centre).toContainText(subject);
  await centre.getByRole('button', { name: 'New incident' }).click();
  await expect(desk.sheet.getByLabel('Subject')).toHaveValue(subject);
});

test('a database of the first layout is taken over as it is, and encrypted', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.isUpToDate();
  const count = await phone.desk.count();
  const stage = await workOffline(phone, 'Written under the first layout.', 'Begun under the first layout');
  const address = new URL(phone.desk.page.url()).pathname;
  await phone.closeTab();
  await asFirstLayout(stage, DATABASE);
  expect(await plainPlacesOf(stage, 'Written under the first layout.')).toEqual([DATABASE]);
  const desk = await phone.open(address);
  await desk.isOffline(1);
  await expect(desk.damage).toHaveCount(0);
  await expect(desk.message('Written under the first layout.')).toHaveCount(1);
  await expect(desk.entry).toHaveValue('Begun under the first layout');
  await desk.filter('');
  await expect.poll(() => desk.count()).toBe(count);
  for (const text of ['Written under the first layout.', 'Begun under the first layout', 'Scanners']) {
    expect(await plainPlacesOf(stage, text), text).toEqual([]);
  }
  await phone.goOnline();
  await desk.isUpToDate();
});

test('a device whose key was lost says what went with it, and fetches the rest again', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.isUpToDate();
  const count = await phone.desk.count();
  const stage = await workOffline(phone, 'Gone with the key.', 'So is this draft');
  await phone.closeTab();
  await loseKey(stage, DATABASE, 'device');
  await phone.goOnline();
  const desk = await phone.open();
  await expect(desk.damage).toContainText('1 change that had not been sent could not be read either.');
  await desk.isUpToDate();
  await expect.poll(() => desk.count()).toBe(count);
});

test('a draft outlives its tab', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.openIncident(SCANNERS);
  await phone.desk.page.getByRole('button', { name: 'Internal note', exact: true }).click();
  await phone.desk.entry.fill('Not finished');
  await phone.closeTab();
  const desk = await phone.open();
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('Not finished');
  await expect(desk.page.getByRole('button', { name: 'Add note' })).toBeVisible();
  await desk.beginNew({ caller: 'Somebody', contact: 'gate 2', subject: 'Half a subject' });
  await phone.closeTab();
  const again = await phone.open('/console/new');
  await expect(again.sheet.getByLabel('Subject')).toHaveValue('Half a subject');
  await expect(again.sheet.getByRole('combobox', { name: 'Requester' })).toHaveValue('Somebody');
});

test.describe('a device unlike others', () => {
  test.use({ disturbed: true });

  const YEAR = 365 * 24 * 3_600_000;
  for (const [how, offset] of [['behind', -YEAR], ['ahead', YEAR]]) {
    test(`a clock a year ${how} changes neither order nor ages`, async ({ device, line }) => {
      const shift = `{ const now = Date.now; Date.now = () => now() + ${offset}; }\n`;
      line.rewrite(/\/assets\/engine-(?!glue)[^/]*\.js$/, (text) => shift + text);
      const phone = await device('technician@demo');
      const office = await device('agent@demo');
      await phone.desk.openIncident(SCANNERS);
      await office.desk.openIncident(SCANNERS);
      await phone.goOffline();
      await phone.desk.note('First, by the wrong clock.');
      await phone.desk.choose('Urgency', 'low');
      await phone.desk.isOffline(2);
      await phone.goOnline();
      await phone.desk.isUpToDate();
      await expect(office.desk.property('Urgency')).toHaveValue('low');
      await office.desk.note('Second, by the right clock.');
      await office.desk.choose('Urgency', 'high');
      for (const { desk } of [office, phone]) {
        await expect(desk.property('Urgency')).toHaveValue('high');
        await expect(desk.clash).toHaveCount(0);
        const notes = desk.talk.locator('[data-kind="note"]');
        await expect(notes.last()).toContainText('Second, by the right clock.');
        await expect(notes.nth(-2)).toContainText('First, by the wrong clock.');
      }
      const told = await office.desk.history('Anna Lindqvist');
      const fact = told.find((fact) => fact.includes('First, by the wrong clock.'));
      expect(fact).toContain("the device's clock was off");
      await phone.desk.isUpToDate();
    });
  }

  test('a browser that cannot force commits says so and keeps work all the same', async ({ device, line }) => {
    const weaken = 'delete IDBTransaction.prototype.durability;\n';
    line.rewrite(/\/assets\/engine-(?!glue)[^/]*\.js$/, (text) => weaken + text);
    const phone = await device('technician@demo');
    let { desk } = phone;
    await desk.openIncident(SCANNERS);
    await desk.isInstalled();
    await phone.goOffline();
    await desk.note('Kept without a promise.');
    await phone.closeTab();
    desk = await phone.open();
    await desk.openIncident(SCANNERS);
    await expect(desk.message('Kept without a promise.')).toHaveCount(1);
    const centre = await desk.openSyncCentre();
    await expect(centre.locator('dt:has-text("Saved to disk at once") + dd')).toHaveText('No');
    await desk.closeSheet();
    await phone.goOnline();
    await desk.isUpToDate();
  });
});

// An incident that its reader may no longer see leaves the screen at once, and their words stay.
import { expect, test } from './support/test.js';

const TILL = 'No signal in the stock room';
const WAITS = 'Teams: others hear me like a robot';
const WORDS = 'The signal is gone behind the freezer.';

async function giveAway(desk) {
  await desk.openIncident(TILL);
  await desk.choose('Group', 'service-desk');
  await desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await desk.isUpToDate();
}

test('an incident that its reader has lost goes from the screen, and the draft stays to be copied', async ({
  device,
}) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.openIncident(TILL);
  const name = await desk.name.innerText();
  await desk.note('Only for the staff.');
  await desk.choose('Urgency', 'high');
  await desk.isUpToDate();
  await desk.entry.fill(WORDS);
  await giveAway(office.desk);

  const main = desk.page.getByRole('main');
  await expect(main.getByRole('alert')).toHaveText('You may no longer see this incident.');
  await expect(main).toContainText('What you were writing on it is kept on this device.');
  await expect(main.locator('blockquote')).toHaveText(WORDS);
  await expect(desk.detail).toHaveCount(0);
  await expect(desk.entry).toHaveCount(0);
  await expect(desk.page.getByText('Only for the staff.')).toHaveCount(0);
  await expect(desk.page.getByRole('button', { name: /^Undo/ })).toHaveCount(0);
  await main.getByRole('button', { name: 'Copy the text' }).click();
  expect(await desk.page.evaluate(() => navigator.clipboard.readText())).toBe(WORDS);

  const centre = await desk.openSyncCentre();
  const stray = centre.getByText(/: no longer on this device$/);
  await expect(stray).toContainText(`${name} · ${TILL}`);
  await desk.closeSheet();

  await office.desk.choose('Group', 'field');
  await expect(desk.entry).toHaveValue(WORDS);
  await expect(desk.message('Only for the staff.')).toBeVisible();
});

test('what was refused on a lost incident is named by its number and subject', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(TILL);
  const name = await desk.name.innerText();
  await desk.isUpToDate();
  await phone.goOffline();
  await desk.reply(WORDS);
  await giveAway(office.desk);
  await phone.goOnline();
  await expect(desk.chip).toHaveText('Needs review 1', { timeout: 30_000 });
  const card = (await desk.openSyncCentre()).getByRole('article');
  await expect(card).toContainText(`Reply · ${name} · ${TILL}`);
});

test('a report that somebody lost goes from their screen, and what they were writing stays', async ({ device }) => {
  const { desk: portal } = await device('user@demo', { at: '/' });
  await portal.openReport(WAITS);
  await portal.entry.fill(WORDS);
  const { desk } = await device('agent@demo');
  await desk.openIncident(WAITS);
  await desk.detail.getByRole('button', { name: /^Requester: .* Change$/ }).click();
  await desk.sheet.getByRole('combobox').pressSequentially('Joost');
  await desk.sheet.getByRole('option', { name: /Joost/ }).click();
  await desk.sheet.getByRole('button', { name: 'Change requester' }).click();
  await expect(portal.page.getByRole('alert')).toHaveText('You can no longer see what becomes of this report.');
  await expect(portal.page.locator('blockquote')).toHaveText(WORDS);
  await expect(portal.entry).toHaveCount(0);
  await expect(portal.talk).toHaveCount(0);
});

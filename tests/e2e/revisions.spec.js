// What somebody said, worded anew by its author; what it said before stays legible.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function edit({ page }, message, text) {
  await message.getByRole('button', { name: 'Edit', exact: true }).click();
  const form = page.getByRole('form', { name: 'Edit what you wrote' });
  await form.getByRole('textbox').fill(text);
  await form.getByRole('button', { name: 'Save', exact: true }).click();
}

test('a note is edited without a network, and others read both what it says and what it said', async ({ device }) => {
  const own = await device('agent@demo');
  const { desk } = own;
  const subject = 'The door of hall 2 beeps';
  await desk.createIncident({ caller: 'Ira', contact: '1', subject });
  await desk.note('It is fuse 12');
  await own.goOffline();
  await edit(desk, desk.message('It is fuse 12'), 'It is fuse 21');
  const message = desk.message('It is fuse 21');
  await expect(message).toContainText('Edited');
  await expect(message.getByText('It is fuse 12')).toBeHidden();
  expect(await findings(desk.page)).toEqual([]);
  await own.goOnline();
  const other = await device('incident-manager@demo', phone);
  await other.desk.openIncident(subject);
  const seen = other.desk.message('It is fuse 21');
  await seen.getByText(/^Edited/).click();
  await expect(seen.getByText('It is fuse 12')).toBeVisible();
  await expect(seen.getByRole('button', { name: 'Edit', exact: true })).toHaveCount(0);
  expect(await findings(other.desk.page)).toEqual([]);
  await edit(desk, desk.message('It is fuse 21'), 'It is fuse 33');
  await desk.takeBack('Entry edited');
  await expect(desk.message('It is fuse 21')).toBeVisible();
  await expect(other.desk.message('It is fuse 21')).toBeVisible();
  // What is being typed outlives a look at the history, and the tab.
  await desk.message('It is fuse 21').getByRole('button', { name: 'Edit', exact: true }).click();
  const box = desk.page.getByRole('form', { name: 'Edit what you wrote' }).getByRole('textbox');
  await box.fill('It is fuse 7, and');
  await desk.turnTo('History');
  await desk.turnTo('Conversation');
  await expect(box).toHaveValue('It is fuse 7, and');
  await desk.isUpToDate();
  await desk.page.reload();
  await expect(box).toHaveValue('It is fuse 7, and');
  await desk.page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(desk.message('It is fuse 21')).toBeVisible();
});

test('a requester edits their own message in the portal, and nobody else\'s', async ({ device }) => {
  const { desk: portal } = await device('user@demo', { at: '/', ...phone });
  await portal.report({ subject: 'The lamp over my desk hums' });
  await portal.write('It is on floor 3');
  await edit(portal, portal.message('It is on floor 3'), 'It is on floor 4');
  await expect(portal.message('It is on floor 4')).toContainText('Edited');
  expect(await findings(portal.page)).toEqual([]);
  const { desk } = await device('agent@demo');
  await desk.openIncident('The lamp over my desk hums');
  const seen = desk.message('It is on floor 4');
  await seen.getByText(/^Edited/).click();
  await expect(seen.getByText('It is on floor 3')).toBeVisible();
  await expect(seen.getByRole('button', { name: 'Edit', exact: true })).toHaveCount(0);
});

// Who else is at an incident: seen by those who may read it, never by those who report.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

function presence(desk) {
  return desk.detail.getByRole('group', { name: 'Who else is here' });
}

test('two people at an incident see each other, what the other writes, and when they leave', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const other = await device('technician@demo', phone);
  await desk.openIncident(SCANNERS);
  await expect(presence(desk)).toHaveCount(0);
  await other.desk.openIncident(SCANNERS);
  await expect(presence(desk)).toHaveText(/ has this open$/);
  await expect(presence(other.desk)).toHaveText(/ has this open$/);
  await expect(desk.detail.getByRole('status').filter({ hasText: 'has this open' })).toHaveCount(1);
  expect(await findings(desk.page)).toEqual([]);
  expect(await findings(other.desk.page)).toEqual([]);

  await other.desk.entry.fill('I am on my way');
  await expect(presence(desk)).toHaveText(/ is writing a reply$/);
  await expect(desk.detail).not.toContainText('on my way');
  await other.desk.entry.fill('');
  await expect(presence(desk)).toHaveText(/ has this open$/);
  await desk.note('Looked at the log');
  await expect(presence(other.desk)).toHaveText(/ has this open$/);
  await other.desk.detail.getByRole('button', { name: 'Back to the queue' }).click();
  await expect(presence(desk)).toHaveCount(0);
});

test('whoever lost the network is possibly at work, until they are back', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const field = await device('technician@demo', phone);
  await desk.openIncident(SCANNERS);
  await field.desk.openIncident(SCANNERS);
  await expect(presence(desk)).toHaveText(/ has this open$/);
  await expect(presence(field.desk)).toHaveText(/ has this open$/);
  await field.goOffline();
  await field.desk.isOffline();
  const lost = /^Possibly being worked on by .+ since \d+:\d\d.*, offline$/;
  await expect(presence(desk)).toHaveText(lost, { timeout: 75_000 });
  await expect(presence(field.desk)).toHaveText(lost);
  await field.goOnline();
  await field.desk.isUpToDate();
  await expect(presence(desk)).toHaveText(/ has this open$/);
  await expect(presence(field.desk)).toHaveText(/ has this open$/);
  await field.closeTab();
  await expect(presence(desk)).toHaveCount(0);
});

test('a tab beside the one with the socket is seen, too', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const other = await device('technician@demo');
  const beside = await other.open();
  await beside.isUpToDate();
  await desk.openIncident(SCANNERS);
  await beside.openIncident(SCANNERS);
  await expect(presence(desk)).toHaveText(/ has this open$/);
  await expect(presence(beside)).toHaveText(/ has this open$/);
  await beside.look('All open');
  await expect(presence(desk)).toHaveCount(0);
});

// What is on hold: until when, whom it waits for, and what becomes of it when nobody does anything.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const TEAMS = 'Teams: others hear me like a robot';

/** A day as the browser's field for it wants it, so many days from now. */
const inDays = (days) => {
  const at = new Date(Date.now() + days * 86_400_000);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}T08:00`;
};

test('a hold of a technician without a network says until when, and can be changed', async ({ device }) => {
  const [phone, agent] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.press('Hold…');
  const { sheet } = desk;
  await sheet.getByRole('combobox').selectOption({ label: 'a part' });
  await sheet.getByLabel('What has to happen').fill('A new antenna.');
  const until = sheet.getByLabel('Until (optional)');
  await until.fill(inDays(-2));
  await sheet.getByRole('button', { name: 'Put on hold' }).click();
  await expect(sheet).toContainText('That day is over.');
  await until.fill(inDays(5));
  expect(await findings(desk.page)).toEqual([]);
  await sheet.getByRole('button', { name: 'Put on hold' }).click();
  await expect(desk.state).toHaveText(/^On hold until .+: a part$/);
  await desk.isOffline(1);
  await phone.goOnline();
  await agent.desk.openIncident(SCANNERS);
  await expect(agent.desk.state).toHaveText(/^On hold until .+: a part$/);
  await expect(agent.desk.row(SCANNERS).first()).toContainText(/On hold until .+: a part/);
  // What it waits for changes without work going on in between.
  await agent.desk.hold('the vendor', 'They have none left.');
  await expect(desk.state).toHaveText('On hold: the vendor');
  await desk.note('Asked again.');
  await expect(desk.state).toHaveText('On hold: the vendor');
});

test('whoever does not answer is reminded, and told when it ends', async ({ device }) => {
  const [admin, agent] = [await device('admin@demo'), await device('agent@demo')];
  const { page } = admin.desk;
  await page.goto(`${admin.origin}/console/settings`);
  const caller = page.getByRole('group', { name: 'the caller' });
  const days = caller.getByLabel('Business days between');
  await days.fill('soon');
  await expect(page.getByText('Reminders, the caller: from 1 to 90 business days.')).toBeVisible();
  await days.fill('1');
  const count = caller.getByLabel('Resolve after so many reminders');
  await count.fill('0');
  await expect(page.getByText('it can be resolved after 1 to 20 of them')).toBeVisible();
  await count.fill('1');
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();
  // It has waited for days already; the rule counts from now.
  await agent.desk.openIncident(TEAMS);
  await expect(agent.desk.detail).toContainText(/next reminder, .+, resolves by itself, /);
  const { desk: portal } = await device('user@demo', { at: '/' });
  await portal.row(TEAMS).getByRole('link').first().click();
  await expect(portal.page.getByText('If you do not answer, we take it as done,')).toBeVisible();
});

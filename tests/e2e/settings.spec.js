// The service levels as an administrator sets them, and what comes of it on other devices.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

/** Opens the page of the service levels. */
async function settingsOf(desk) {
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('link', { name: 'Service levels and calendars' }).click();
  await expect(desk.page.getByRole('heading', { name: 'Service levels', level: 1 })).toBeVisible();
  await expect(desk.page.getByRole('table')).toBeVisible();
}

/** Looks what the change would do, and saves it. */
async function save(page) {
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();
}

test('a new matrix says what it would do, is saved as a version, and open incidents follow everywhere', async ({ device }) => {
  const [admin, phone] = [await device('admin@demo'), await device('technician@demo')];
  const { page } = admin.desk;
  const urgent = phone.desk.rows.locator('.priority[data-priority="P1"]');
  await expect(urgent.first()).toBeVisible();
  await settingsOf(admin.desk);
  expect(await findings(page)).toEqual([]);
  const cell = page.getByRole('combobox', { name: 'Priority at impact High, urgency High' });
  await cell.selectOption('P4');
  await expect(page.getByText('leads to a later priority than less')).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await expect(page.getByRole('button', { name: 'See what this changes' })).toBeDisabled();
  await cell.selectOption('P2');
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(page.getByText(/\d+ go(es)? from P1 to P2/)).toBeVisible();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();
  await expect(page.getByText(/^Version 2 by /)).toBeVisible();
  await expect(urgent).toHaveCount(0);
  await phone.desk.isUpToDate();

  // The way back is a version, too.
  await cell.selectOption('P1');
  await save(page);
  await expect(page.getByText(/^Version 3 by /)).toBeVisible();
  await expect(urgent.first()).toBeVisible();
});

test('clocks run in the hours of a calendar, and say so', async ({ device }) => {
  const [admin, agent] = [await device('admin@demo'), await device('agent@demo')];
  const { page } = admin.desk;
  await settingsOf(admin.desk);
  await page.getByRole('button', { name: 'Add a calendar' }).click();
  const calendar = page.getByRole('group', { name: 'Office' });
  await calendar.getByLabel('Time zone').fill('Middle/Earth');
  await calendar.getByLabel('Friday').fill('08:00-16:00, 15:00-17:00');
  await calendar.getByLabel('Closed days, one in a line').fill('2026-12-28 Stocktaking');
  for (const priority of ['P1', 'P2', 'P3', 'P4']) {
    const hours = page.getByRole('combobox', { name: `Hours that count for ${priority}` });
    await hours.selectOption({ label: 'Office' });
  }
  await expect(calendar.getByRole('button', { name: 'Remove' })).toBeDisabled();
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(calendar.getByText('This time zone is not known.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save as a new version' })).toHaveCount(0);
  await calendar.getByLabel('Time zone').fill('Europe/Amsterdam');
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(calendar.getByText('Friday: two times of opening overlap.')).toBeVisible();
  await calendar.getByLabel('Friday').fill('08:00-16:00');
  await calendar.locator('input[type=file]').setInputFiles({
    name: 'holidays.ics',
    mimeType: 'text/calendar',
    buffer: Buffer.from('BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT\nEND:VCALENDAR\n'),
  });
  await expect(calendar.getByText(/^A file of /)).toBeVisible();
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(calendar.getByText('Open 40h a week')).toBeVisible();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();

  await agent.desk.rows.first().click();
  const level = agent.desk.page.getByTestId('levels').getByRole('button').first();
  await level.click();
  const sheet = agent.desk.page.getByRole('dialog');
  await expect(sheet).toContainText('Only the hours of Office (Europe/Amsterdam) count.');
  await expect(sheet).toContainText('Judged by version 2 of the service levels.');
});

test('what is resolved closes by itself after the days that an administrator sets', async ({ device }) => {
  const [admin, agent] = [await device('admin@demo'), await device('agent@demo')];
  const { page } = admin.desk;
  await agent.desk.look(/^Resolved/);
  const before = await agent.desk.count();
  expect(before).toBeGreaterThan(0);
  await settingsOf(admin.desk);
  const days = page.getByLabel('Business days', { exact: true });
  await days.fill('none');
  await expect(page.getByText('Closing: from 1 to 365 business days.')).toBeVisible();
  await days.fill('1');
  expect(await findings(page)).toEqual([]);
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(page.getByText(/\d+ that (is|are) resolved closes? at once; nobody is told\./)).toBeVisible();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();
  await expect.poll(() => agent.desk.count()).toBeLessThan(before);

  await agent.desk.look(/^All open/);
  await agent.desk.rows.first().click();
  await agent.desk.resolve('Fixed', 'Replaced the cable.');
  await expect(agent.desk.detail).toContainText('closes by itself,');
});

test('settings are for administrators, and two of them do not overwrite each other', async ({ device }) => {
  const [one, two] = [await device('admin@demo'), await device('admin@demo')];
  await settingsOf(one.desk);
  await settingsOf(two.desk);
  await one.desk.page.getByLabel('At risk once so much').fill('50');
  await two.desk.page.getByRole('textbox', { name: 'Respond within' }).first().fill('soon');
  await expect(two.desk.page.getByText('Write it as 45m, 4h or 1h 30m.')).toBeVisible();
  await two.desk.page.getByRole('textbox', { name: 'Respond within' }).first().fill('10m');
  await save(one.desk.page);
  await two.desk.page.getByRole('button', { name: 'See what this changes' }).click();
  await two.desk.page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(two.desk.page.getByText('Somebody else saved a version meanwhile.')).toBeVisible();
  await expect(two.desk.page.getByRole('textbox', { name: 'Respond within' }).first()).toHaveValue('10m');
  await expect(two.desk.page.getByLabel('At risk once so much')).toHaveValue('50');
  await save(two.desk.page);
  await expect(two.desk.page.getByLabel('At risk once so much')).toHaveValue('50');

  const agent = await device('agent@demo');
  await agent.desk.page.goto(`${agent.origin}/console/settings`);
  await agent.desk.isUpToDate();
  await expect(agent.desk.page.getByRole('heading', { name: 'Service levels', level: 1 })).toHaveCount(0);
});

test('without a network the page says so, and asks again', async ({ device }) => {
  const admin = await device('admin@demo');
  await admin.desk.isInstalled();
  await settingsOf(admin.desk);
  await admin.context.setOffline(true);
  await admin.desk.page.getByLabel('At risk once so much').fill('50');
  await admin.desk.page.getByRole('button', { name: 'See what this changes' }).click();
  await expect(admin.desk.page.getByText('Nothing was changed; what you typed is still here.')).toBeVisible();
  await admin.context.setOffline(false);
  await save(admin.desk.page);
});

// Rules for what is declared: written, tried on the past, saved, and followed.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

const JAM = 'Label printer jams on the second roll';

/** Opens the page of the rules. */
async function rulesOf(desk) {
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('link', { name: 'Rules', exact: true }).click();
  await expect(desk.page.getByRole('heading', { name: 'Rules', level: 1 })).toBeVisible();
  await expect(desk.page.getByRole('button', { name: 'Add a rule' })).toBeVisible();
}

test('a rule is mended, tried on the past and saved, and what is reported then follows it', async ({ device }) => {
  const [admin, agent] = [await device('admin@demo'), await device('agent@demo')];
  const { page } = admin.desk;
  await rulesOf(admin.desk);
  await expect(page.getByText('There is no rule yet.')).toBeVisible();
  expect(await findings(page)).toEqual([]);

  await page.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Printers in Amsterdam');
  const condition = page.getByLabel('For incidents that answer to');
  await condition.fill('site:asm printer assignee:me');
  await expect(page.getByText('Nobody and nothing here is called so: site:asm.')).toBeVisible();
  await expect(page.getByText('“assignee:me”: nobody asks here')).toBeVisible();
  await expect(page.getByText('It gives nothing.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try on past incidents' })).toBeDisabled();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Use site:ams' }).click();
  await expect(condition).toHaveValue('site:ams printer assignee:me');
  await condition.fill('site:ams printer');
  await page.getByRole('combobox', { name: 'Group' }).selectOption({ label: 'Field Services' });
  await page.getByRole('combobox', { name: 'Priority' }).selectOption('P2');
  await page.getByRole('combobox', { name: 'Watchers' }).selectOption({ label: 'Anna Lindqvist' });
  await expect(page.getByRole('button', { name: 'Take Anna Lindqvist off' })).toBeVisible();

  await page.getByRole('button', { name: 'Try on past incidents' }).click();
  await expect(page.getByText(/^Tried on the \d+ incidents opened last/)).toBeVisible();
  await expect(page.getByText(/It would have decided for/)).toBeVisible();
  await page.getByText('Examples').click();
  await expect(page.getByText(/the rule gives: Field Services/).first()).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Whatever is declared from now on')).toBeVisible();
  await expect(page.getByText(/^Version 1 by /)).toBeVisible();

  const { desk: portal } = await device('user@demo', { at: '/' });
  await portal.report({ subject: JAM, category: 'Printers and labels' });
  await agent.desk.openIncident(JAM);
  await expect(agent.desk.property('Group')).toHaveValue('field');
  await expect(agent.desk.page.getByRole('button', { name: 'Priority P2: override' })).toBeVisible();
  await agent.desk.turnTo('History');
  const history = agent.desk.detail.getByRole('region', { name: 'History' });
  await expect(history).toContainText('followed the rule “Printers in Amsterdam” (version 1 of the rules): Group, Priority, Watchers');
});

// The history of an incident: what was before, how it was at a moment, narrowed and printed.
import { expect, test } from './support/test.js';
import { findings } from './support/axe.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('the history says what held before, leads back to each moment and can be narrowed, offline too', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  const { page } = desk;
  await desk.openIncident(SCANNERS);
  await desk.isInstalled();
  await desk.isUpToDate();
  await phone.goOffline();
  await desk.choose('Urgency', 'high');
  await desk.start();
  await desk.note('Access point 44 answers nothing.');
  await desk.choose('Urgency', 'low');

  await desk.turnTo('History');
  const history = desk.detail.getByRole('region', { name: 'History' });
  const facts = history.getByRole('listitem');
  await expect(facts.filter({ hasText: 'Urgency' }).last()).toContainText('(before: High)');
  await expect(facts.filter({ hasText: 'started' })).toContainText('(before: New)');
  expect(await findings(page)).toEqual([]);

  const all = await facts.count();
  await history.getByRole('searchbox', { name: 'Filter the history' }).fill('access point');
  await expect(facts).toHaveCount(1);
  const then = facts.getByRole('button', { name: /^As it was on / });
  await then.click();
  await expect(desk.sheet).toContainText('as it was on');
  const value = (label) => desk.sheet.locator(`dt:text-is("${label}") + dd`);
  await expect(value('Urgency')).toHaveText('High');
  await expect(value('State')).toHaveText('In progress');
  expect(await findings(page)).toEqual([]);
  await desk.closeSheet();
  await history.getByRole('searchbox', { name: 'Filter the history' }).fill('no such words');
  await expect(history).toContainText('Nothing in the history fits.');
  await history.getByRole('searchbox', { name: 'Filter the history' }).fill('');
  await history.getByRole('combobox', { name: 'By whom' }).selectOption({ label: 'Holdfast' });
  await expect(facts).toHaveCount(1);
  await history.getByRole('combobox', { name: 'By whom' }).selectOption({ label: 'Everybody' });
  await expect(facts).toHaveCount(all);

  await facts.first().getByRole('button', { name: /^As it was on / }).click();
  await expect(value('State')).toHaveText('New');
  await desk.closeSheet();
  await phone.goOnline();
  await desk.isUpToDate();
});

// An incident goes to those who can do it, with what was tried, and back.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('an escalation without a network says why and what was tried, and is handed back', async ({ device }) => {
  const [phone, agent] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  const group = desk.property('Group');
  const before = await group.evaluate((list) => list.selectedOptions[0].label);
  await phone.goOffline();
  await desk.press('Escalate…');
  const { sheet } = desk;
  const to = sheet.getByLabel('To', { exact: true });
  // Never to those who have it.
  expect(await to.evaluate((list) => list.selectedOptions[0].label)).not.toBe(before);
  await to.selectOption({ label: 'Field Services' });
  await sheet.getByLabel('Because').selectOption({ label: 'it needs rights that we lack' });
  await sheet.getByLabel('What was tried').fill('Channels are free, the controller is not ours.');
  expect(await findings(desk.page)).toEqual([]);
  await sheet.getByRole('button', { name: 'Escalate', exact: true }).click();
  await expect(sheet).toBeHidden();
  await expect(desk.detail).toContainText('escalated once');
  await desk.isOffline(2);
  await phone.goOnline();

  await agent.desk.openIncident(SCANNERS);
  await expect(agent.desk.property('Group')).toHaveValue('field');
  await expect(agent.desk.message('Channels are free, the controller is not ours.')).toBeVisible();
  await agent.desk.turnTo('History');
  await expect(agent.desk.detail).toContainText('escalated it to Field Services: it needs rights that we lack');
  await agent.desk.turnTo('Conversation');
  // Where it came from is chosen already.
  await agent.desk.press('Escalate…');
  const back = agent.desk.sheet;
  await expect(back.getByLabel('Because')).toHaveValue('4');
  expect(await back.getByLabel('To', { exact: true }).evaluate((list) => list.selectedOptions[0].label)).toBe(before);
  await back.getByLabel('What was tried').fill('The controller is yours since May.');
  await back.getByRole('button', { name: 'Escalate', exact: true }).click();
  await expect(back).toBeHidden();
  await expect(agent.desk.property('Group').locator('option:checked')).toHaveText(before);
  await expect(agent.desk.detail).toContainText('escalated once');
});

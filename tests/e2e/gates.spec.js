// What an incident is to have before it is resolved: asked for on the device, and said of what was
// resolved without it.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const HALL = 'Hall 3: no Wi-Fi';

async function work(desk) {
  await desk.detail.locator('[data-way="work"]').click();
}

async function addTask(desk, title) {
  const box = desk.detail.getByRole('textbox', { name: 'What is to be done' });
  await box.fill(title);
  await box.press('Enter');
  await expect(desk.detail.locator('summary', { hasText: title })).toBeVisible();
}

test('what is missing is asked for without a network, and a task that comes meanwhile leaves it incomplete', async ({ device }) => {
  const [admin, phone] = [await device('admin@demo'), await device('technician@demo')];
  const { page } = admin.desk;
  await page.goto(`${admin.origin}/console/settings`);
  const gates = page.getByRole('group', { name: 'Before it is resolved it has' });
  await gates.getByLabel('a diagnosis').check();
  await gates.getByLabel('no open task').check();
  await page.getByRole('button', { name: 'See what this changes' }).click();
  await page.getByRole('button', { name: 'Save as a new version' }).click();
  await expect(page.getByText('Saved. Devices follow')).toBeVisible();

  const { desk } = phone;
  await desk.openIncident(HALL);
  await desk.press('Resolve…');
  await expect(desk.sheet).toContainText('Left to do before it is resolved: the diagnosis.');
  await desk.closeSheet();
  await phone.goOffline();
  await desk.press('Resolve…');
  await desk.sheet.getByRole('textbox').fill('A new access point.');
  await desk.sheet.getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(desk.sheet.locator('.left[role="alert"]')).toContainText('the diagnosis');
  expect(await findings(desk.page)).toEqual([]);
  await desk.sheet.getByRole('combobox').selectOption({ label: 'Duplicate' });
  await expect(desk.sheet.locator('.left')).toHaveCount(0);
  await desk.closeSheet();
  await work(desk);
  const diagnosis = desk.detail.getByRole('region', { name: 'Diagnosis', exact: true });
  await diagnosis.getByRole('button', { name: 'Edit' }).click();
  await diagnosis.getByRole('textbox').fill('The access point is broken.');
  await diagnosis.getByRole('button', { name: 'Save', exact: true }).click();
  await desk.resolve('Fixed', 'A new access point.');

  const agent = await device('agent@demo');
  await agent.desk.openIncident(HALL);
  await work(agent.desk);
  await addTask(agent.desk, 'Tell the shift leads');
  await agent.desk.isUpToDate();
  await phone.goOnline();
  for (const one of [phone.desk, agent.desk]) {
    await expect(one.detail.locator('.incomplete')).toHaveText('Incomplete: open tasks');
    await expect(one.state).toHaveText('Resolved');
  }
  await agent.desk.look(/^Resolved/);
  await expect(agent.desk.row(HALL).first()).toContainText('Resolved, incomplete');
  await agent.desk.look(/^All\s*\d/);
  await agent.desk.filter('state:incomplete');
  await expect(agent.desk.row(HALL)).toHaveCount(1);
  await work(phone.desk);
  await phone.desk.detail.getByRole('checkbox', { name: 'Tell the shift leads', exact: true }).check();
  await expect(phone.desk.detail.locator('.incomplete')).toHaveCount(0);
  await expect(agent.desk.row(HALL)).toHaveCount(0);
});

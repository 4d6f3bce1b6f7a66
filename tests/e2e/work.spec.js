// What happens to an incident beneath the conversation: tasks and time, as technicians and agents
// share them.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const HALL = 'Hall 3: no Wi-Fi';

class Work {
  constructor(desk) {
    this.desk = desk;
    this.tab = desk.detail.locator('[data-way="work"]');
    this.pane = desk.detail.getByRole('region', { name: 'Work', exact: true });
    this.title = this.pane.getByRole('textbox', { name: 'What is to be done' });
    this.time = this.pane.getByRole('region', { name: 'Time', exact: true });
    this.timer = this.pane.getByRole('timer');
  }

  async open() {
    await this.tab.click();
    await expect(this.pane).toBeVisible();
  }

  task(title) {
    const summary = this.desk.page.locator('summary', { hasText: title });
    return this.pane.locator('.tasks > li').filter({ has: summary });
  }

  box(title) {
    return this.pane.getByRole('checkbox', { name: title, exact: true });
  }

  async add(title, { steps = [], assignee } = {}) {
    await this.title.fill(title);
    if (steps.length > 0 || assignee) {
      await this.pane.getByText('Who, until when, steps').click();
      const form = this.pane.getByRole('form', { name: 'Add a task' });
      if (steps.length > 0) await form.getByLabel('Steps').fill(steps.join('\n'));
      if (assignee) await form.getByLabel('Assignee').selectOption({ label: assignee });
    }
    await this.title.press('Enter');
    await expect(this.title).toHaveValue('');
    await expect(this.task(title)).toBeVisible();
  }

  async show(title) {
    await this.task(title).locator('summary').click();
  }
}

test('tasks and time of a technician without a network survive a reload and reach an agent', async ({ device }) => {
  const own = await device('technician@demo', phone);
  const { page } = own.desk;
  const work = new Work(own.desk);
  await own.desk.openIncident(HALL);
  await own.desk.isInstalled();
  await own.goOffline();
  await work.open();
  await page.clock.install();
  await work.add('Replace the access point', { steps: ['Take it down', 'Put the new one up'] });
  await expect(work.task('Replace the access point')).toContainText('Kept on this device');
  await work.show('Replace the access point');
  await work.box('Take it down').click();
  await expect(work.box('Take it down')).toBeChecked();
  await expect(work.task('Replace the access point')).toContainText('1 of 2 steps');
  await expect(work.tab).toHaveText('Work 1');
  await work.pane.getByRole('button', { name: 'Start timer' }).click();
  await expect(work.timer).toHaveText(/^0:00:0\d$/);
  await expect(work.tab.getByRole('img', { name: 'A timer runs' })).toBeVisible();
  await work.pane.getByLabel('What was done').fill('Mounted the new one');
  await page.clock.fastForward('12:10');
  await page.reload();
  await work.open();
  await expect(work.timer).toHaveText(/^0:12:/);
  await expect(work.pane.getByLabel('What was done')).toHaveValue('Mounted the new one');
  await page.clock.fastForward('12:10');
  await work.pane.getByRole('button', { name: 'Stop timer' }).click();
  await expect(work.pane.getByLabel('Minutes')).toHaveValue('25');
  await work.pane.getByRole('button', { name: 'Log it' }).click();
  await expect(work.time.getByRole('row', { name: /Tomasz.*on site/ })).toContainText('0:25');
  await expect(work.pane.getByLabel('What was done')).toHaveValue('');
  expect(await findings(page)).toEqual([]);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, 'nothing is wider than the screen').toBeLessThanOrEqual(390);
  await own.goOnline();
  const office = await device('agent@demo');
  const seen = new Work(office.desk);
  await office.desk.openIncident(HALL);
  await seen.open();
  await expect(seen.task('Replace the access point')).toContainText('1 of 2 steps', { timeout: 30_000 });
  await expect(seen.time.getByRole('listitem').filter({ hasText: 'Mounted the new one' })).toContainText('0:25');
  expect(await findings(office.desk.page)).toEqual([]);
});

test('whoever is given a task gets the incident, and loses it with the task', async ({ device }) => {
  const office = await device('agent@demo');
  const work = new Work(office.desk);
  const subject = 'A rack of another site hums';
  await office.desk.createIncident({ caller: 'Ira', contact: '1', subject });
  const { desk } = await device('technician@demo');
  await expect(desk.row(subject)).toHaveCount(0);
  await work.open();
  await work.add('Look at the fan', { assignee: 'Tomasz Zieliński' });
  await desk.look(/^Assigned to me/);
  await desk.openIncident(subject);
  await expect(desk.row(subject)).toContainText('1 task');
  const own = new Work(desk);
  await own.open();
  await own.box('Look at the fan').click();
  await expect(work.box('Look at the fan')).toBeChecked();
  await desk.detail.press('z');
  await expect(work.box('Look at the fan')).not.toBeChecked();
  await work.show('Look at the fan');
  await work.pane.getByRole('button', { name: 'Drop the task' }).click();
  await expect(desk.page.getByRole('alert')).toContainText('You may no longer see this incident.');
});

test('an incident is resolved with open tasks, once that has been said', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const work = new Work(desk);
  await desk.openIncident(HALL);
  await work.open();
  await work.add('First');
  await work.add('Second');
  await work.show('Second');
  await work.task('Second').getByRole('checkbox', { name: 'First', exact: true }).click();
  await expect(work.task('Second')).toContainText('waits for “First”');
  await desk.press('Resolve…');
  await expect(desk.sheet.getByText('2 tasks are still open')).toBeVisible();
  await desk.sheet.getByRole('textbox').fill('It works for now.');
  await desk.sheet.getByRole('button', { name: 'Resolve', exact: true }).click();
  await expect(desk.state).toHaveText('Resolved');
});

test('time is typed by hand, counts twice where it overlaps, and is taken back with its words', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const work = new Work(desk);
  await desk.openIncident(HALL);
  await work.open();
  const log = async (minutes, text) => {
    await work.pane.getByLabel('Minutes').fill(minutes);
    await work.pane.getByLabel('What was done').fill(text);
    await work.pane.getByRole('button', { name: 'Log it' }).click();
  };
  await log('', 'Nothing yet');
  await expect(work.pane.getByRole('alert').filter({ hasText: 'Say how many minutes' })).toBeVisible();
  await log('30', 'Called the vendor');
  await expect(work.time.getByRole('row')).toHaveCount(2);
  await log('10', 'Called them again');
  await expect(work.time.getByText('overlaps with other time')).toHaveCount(2);
  await expect(work.time.getByRole('row', { name: /Anna/ })).toContainText('0:40');
  await desk.detail.press('z');
  await expect(work.time.getByText('overlaps with other time')).toHaveCount(0);
  await expect(work.pane.getByLabel('What was done')).toHaveValue('Called them again');
  await expect(work.pane.getByLabel('Minutes')).toHaveValue('10');
});

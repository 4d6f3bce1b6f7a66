// Who watches an incident without having it: staff internally, others in the portal.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

class Watchers {
  constructor(desk) {
    this.desk = desk;
    const properties = desk.detail.getByRole('region', { name: 'Properties' });
    this.internal = properties.getByRole('list', { name: 'Watchers', exact: true });
    this.public = properties.getByRole('list', { name: 'Public watchers', exact: true });
  }

  async add(kind, name) {
    const { desk } = this;
    await desk.detail.getByRole('button', { name: kind, exact: true }).click();
    await desk.sheet.getByRole('combobox', { name: 'Person' }).pressSequentially(name.slice(0, 5));
    await desk.sheet.locator('[role="option"]', { hasText: name }).click();
    await desk.sheet.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(desk.sheet).toBeHidden();
  }

  async remove(name) {
    await this.desk.detail.getByRole('button', { name: `Take ${name} off` }).click();
  }
}

test('whoever of the staff watches gets the incident, and loses it with that', async ({ device }) => {
  const office = await device('agent@demo');
  const watchers = new Watchers(office.desk);
  const subject = 'The lift hums at night';
  await office.desk.createIncident({ caller: 'Ira', contact: '1', subject });
  await office.goOffline();
  await watchers.add('Add a watcher', 'Tomasz Zieliński');
  await expect(watchers.internal).toContainText('Tomasz Zieliński');
  expect(await findings(office.desk.page)).toEqual([]);
  const { desk } = await device('technician@demo', phone);
  await expect(desk.row(subject)).toHaveCount(0);
  await office.goOnline();
  await desk.page.goto(`${office.origin}/console?view=watched`);
  await desk.openIncident(subject);
  await desk.turnTo('Properties');
  await expect(desk.detail.getByRole('button', { name: 'Stop watching' })).toBeVisible();
  expect(await findings(desk.page)).toEqual([]);
  const width = await desk.page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, 'nothing is wider than the screen').toBeLessThanOrEqual(390);
  await desk.turnTo('Conversation');
  await desk.note('I come by on Tuesday');
  await expect(office.desk.message('I come by on Tuesday')).toBeVisible();
  await watchers.remove('Tomasz Zieliński');
  await expect(desk.page.getByRole('alert')).toContainText('You may no longer see this incident.');
  await office.desk.takeBack('Tomasz Zieliński no longer watches');
  await expect(watchers.internal).toContainText('Tomasz Zieliński');
});

test('a key turns watching on and off, and the view lists what one watches', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.createIncident({ caller: 'Ira', contact: '1', subject: 'The gate sticks' });
  await desk.detail.press('w');
  await expect(desk.detail.getByRole('button', { name: 'Stop watching' })).toBeVisible();
  await expect(desk.event('let Anna Lindqvist watch')).toBeVisible();
  await desk.look(/^Watched by me/);
  await desk.openIncident('The gate sticks');
  await desk.detail.press('w');
  await expect(desk.page.getByRole('link', { name: /^Watched by me/ })).toContainText('0');
});

test('a colleague of the requester reads along in the portal, replies, and sees nothing internal', async ({ device }) => {
  const office = await device('agent@demo');
  const watchers = new Watchers(office.desk);
  const subject = 'The scale shows nothing';
  await office.desk.createIncident({ requester: 'Sanne de Vries', subject });
  await watchers.add('Add a public watcher', 'Maaike Verhoeven');
  const form = office.desk.page.getByRole('form', { name: 'Write' });
  await form.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(form).toContainText('Sanne de Vries, Maaike Verhoeven');
  await office.desk.note('Only for us');
  await office.desk.reply('We are on it');
  const { desk: portal } = await device('user@demo', { at: '/', ...phone });
  await expect(portal.row(subject)).toContainText('Reported by Sanne de Vries');
  await portal.openReport(subject);
  await expect(portal.message('We are on it')).toBeVisible();
  await expect(portal.page.getByText('Only for us')).toHaveCount(0);
  await expect(portal.page.getByRole('button', { name: /works/ })).toHaveCount(0);
  await portal.write('Ours shows nothing either');
  await expect(office.desk.message('Ours shows nothing either')).toBeVisible();
  expect(await findings(portal.page)).toEqual([]);
  await portal.page.getByRole('button', { name: 'Stop watching' }).click();
  await expect(portal.page.getByRole('alert')).toContainText('You can no longer see');
  await expect(watchers.public).toHaveCount(0);
});

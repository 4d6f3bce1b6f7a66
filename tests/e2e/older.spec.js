// What is over leaves devices after a while, and comes back to whoever looks it up.
import { expect, test } from './support/test.js';

const SUBJECT = 'Label printer prints every label twice';
const DAYS = { HOLDFAST_DEVICE_DAYS: '0' };

/** An incident that the desk resolves; then the server starts with another age for what is over. */
async function resolveAndAge(office, server) {
  await office.desk.createIncident({ requester: 'Oliwia Kaczmarek', subject: SUBJECT });
  await office.desk.press('Assign to me');
  await office.desk.resolve('Fixed', 'It was set to two copies.');
  await office.desk.isUpToDate();
  const address = new URL(office.desk.page.url()).pathname;
  await server.stop();
  server.settings = DAYS;
  await server.start();
  return address;
}

const sheet = (device) => device.desk.page.getByRole('dialog', { name: 'Older incidents' });
const found = (device) => sheet(device).getByRole('button', { name: SUBJECT });

test('what is over leaves devices, is looked up on the server, and comes back to whoever opens it', async ({ device, server }) => {
  const office = await device('agent@demo');
  await resolveAndAge(office, server);
  await office.desk.page.goto(`${server.origin}/console?view=all`);
  await office.desk.isUpToDate();
  await office.desk.filter('label printer twice');
  await expect(office.desk.page.getByText('No incident in this view matches')).toBeVisible();
  await office.desk.page.getByRole('button', { name: 'Search older ones on the server' }).click();
  await found(office).click();
  await expect(sheet(office)).toHaveCount(0);
  await expect(office.desk.state).toHaveText('Resolved');
  await expect(office.desk.row(SUBJECT)).toBeVisible();

  // It is on this device as if it had never left, and on no other.
  const other = await device('incident-manager@demo', { at: '/console?view=all' });
  await other.desk.isUpToDate();
  await other.desk.filter('label printer twice');
  await expect(other.desk.page.getByRole('button', { name: 'Search older ones on the server' })).toBeVisible();
  await expect(other.desk.row(SUBJECT)).toHaveCount(0);
  await office.desk.isInstalled();
  await office.goOffline();
  await office.desk.reopen('It prints three now.');
  await office.desk.isOffline(1);
  await office.goOnline();
  await office.desk.isUpToDate();
  await expect(other.desk.row(SUBJECT)).toBeVisible();
});

test('a link to what has left devices leads to it, and without a network says why it does not', async ({ device, server }) => {
  const office = await device('agent@demo');
  const address = await resolveAndAge(office, server);
  const phone = await device('technician@demo');
  await phone.desk.isUpToDate();
  await phone.desk.isInstalled();
  await phone.goOffline();
  await phone.desk.page.goto(`${server.origin}${address}`);
  const look = phone.desk.page.getByRole('button', { name: 'Look for it on the server' });
  await look.click();
  await expect(phone.desk.page.getByText('The server cannot be reached.')).toBeVisible();
  await phone.goOnline();
  await look.click();
  await expect(phone.desk.state).toHaveText('Resolved');

  const elsewhere = address.replace(/[^/]+$/, '0190a000-0000-7000-8000-000000000000');
  await phone.desk.page.goto(`${server.origin}${elsewhere}`);
  await look.click();
  await expect(phone.desk.page.getByText('The server has no such incident that you may see.')).toBeVisible();
});

test('the sync centre says what is on this device and why', async ({ device }) => {
  const phone = await device('technician@demo');
  await phone.desk.isUpToDate();
  await phone.desk.openSyncCentre();
  const centre = phone.desk.page.getByRole('dialog');
  await expect(centre).toContainText(/\d+ of your groups/);
  await expect(centre).toContainText('What is open, and for 36,500 days what is over, 1,000,000 at most');
});

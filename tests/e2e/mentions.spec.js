// People who are called on by name in what is written.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('whoever is mentioned in a note gets the incident, offline too, and mail of it', async ({ device }) => {
  const own = await device('agent@demo');
  const { desk } = own;
  const subject = 'The beamer of room 4 flickers';
  await desk.createIncident({ caller: 'Ira', contact: '1', subject });
  await own.goOffline();
  const form = desk.page.getByRole('form', { name: 'Write' });
  await form.getByRole('button', { name: 'Internal note', exact: true }).click();
  await desk.entry.pressSequentially('Ask @toma');
  const offers = form.getByRole('listbox', { name: 'People to call on' });
  await expect(offers.getByRole('option')).toHaveText([/Tomasz Zieliński/]);
  expect(await findings(desk.page)).toEqual([]);
  await desk.entry.press('Enter');
  await expect(desk.entry).toHaveValue('Ask @Tomasz Zieliński ');
  await expect(offers).toBeHidden();
  await expect(form).toContainText('Tomasz Zieliński will be told');
  await desk.entry.pressSequentially('for the lamp');
  await form.getByRole('button', { name: 'Add note' }).click();
  await expect(desk.message('for the lamp').locator('.mention')).toHaveText('@Tomasz Zieliński');
  await own.goOnline();
  const other = await device('technician@demo', phone);
  await other.desk.page.goto(`${other.origin}/console?view=watched`);
  await other.desk.openIncident(subject);
  await expect(other.desk.message('for the lamp').locator('.mention')).toBeVisible();
  const mail = await own.context.newPage();
  await expect(async () => {
    await mail.goto(`${own.origin}/demo/mail`);
    await expect(mail.getByText('Anna Lindqvist mentioned you').first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(mail.getByText('for the lamp')).toHaveCount(0);
});

test('in a message only those are offered who may read it', async ({ device }) => {
  const { desk } = await device('agent@demo', phone);
  await desk.createIncident({ requester: 'Sanne de Vries', subject: 'The till is slow' });
  const form = desk.page.getByRole('form', { name: 'Write' });
  const offers = form.getByRole('listbox', { name: 'People to call on' });
  await form.getByRole('button', { name: 'Reply', exact: true }).click();
  await desk.entry.pressSequentially('@maai');
  await expect(offers).toBeHidden();
  await desk.entry.fill('');
  await desk.entry.pressSequentially('@sann');
  await offers.getByRole('option', { name: /Sanne de Vries/ }).tap();
  await expect(desk.entry).toHaveValue('@Sanne de Vries ');
  await form.getByRole('button', { name: 'Internal note', exact: true }).click();
  await desk.entry.fill('');
  await desk.entry.pressSequentially('@sann');
  await expect(offers).toBeHidden();
});

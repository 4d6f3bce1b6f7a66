// Who may: sessions that end, rights that go, and two people on one device.
import { findings } from './support/axe.js';
import { databases, placesOf } from './support/storage.js';
import { expect, test } from './support/test.js';

const TILL = 'No signal in the stock room';
const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('an act that is refused comes back for review with its text', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  // The technician sees it for its group alone, and the agent takes it away meanwhile.
  await desk.openIncident(TILL);
  await phone.goOffline();
  await desk.note('The repeater in the stock room has no power.');
  await desk.entry.fill('Half a thought on it');
  await desk.openIncident(SCANNERS);
  await desk.note('Aisle 43 is next.');
  await desk.isOffline(2);
  const waits = await desk.openSyncCentre();
  await expect(waits.getByRole('button', { name: /^INC-\d+ · / })).toHaveCount(2);
  await desk.closeSheet();
  await office.desk.openIncident(TILL);
  await office.desk.choose('Group', 'service-desk');
  await office.desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await office.desk.isUpToDate();
  await phone.goOnline();

  await expect(desk.chip).toHaveText('Needs review 1', { timeout: 30_000 });
  await expect(desk.chip).toHaveAttribute('data-state', 'attention');
  // The other incident went on.
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Aisle 43 is next.')).toHaveCount(1);
  await office.desk.openIncident(TILL);
  await expect(office.desk.message('The repeater in the stock room')).toHaveCount(0);

  const centre = await desk.openSyncCentre();
  await expect(centre.getByRole('heading', { name: 'Needs review' })).toBeVisible();
  const card = centre.getByRole('article');
  await expect(card).toContainText('This incident is no longer among those you may change.');
  await expect(card.locator('blockquote')).toHaveText('The repeater in the stock room has no power.');
  await desk.page.reload();
  await expect(desk.chip).toHaveText('Needs review 1');
  // Nothing of it can be sent from another device, so no file is offered.
  await desk.page.getByRole('button', { name: /: menu$/ }).click();
  await desk.page.getByRole('button', { name: 'Sign out…' }).click();
  await expect(desk.sheet.getByRole('button', { name: /^Sign out/ })).toBeVisible();
  await expect(desk.sheet.getByText('1 change was refused and stays on this device')).toBeVisible();
  await expect(desk.sheet).not.toContainText('sent when you sign in');
  await expect(desk.sheet.getByRole('button', { name: 'Save to a file' })).toHaveCount(0);
  await desk.closeSheet();
  await desk.openSyncCentre();
  await card.getByRole('button', { name: 'Discard' }).click();
  await expect(card).toHaveCount(0);
  // It is the only copy: for a while it can be put back.
  await centre.locator('.toast', { hasText: 'Discarded.' }).getByRole('button', { name: 'Undo' }).click();
  await expect(card.locator('blockquote')).toHaveText('The repeater in the stock room has no power.');
  await expect(desk.chip).toHaveText('Needs review 1');
  await desk.page.reload();
  await desk.openSyncCentre();
  await card.getByRole('button', { name: 'Discard' }).click();
  await expect(card).toHaveCount(0);
  // So is a draft whose incident is gone.
  const draft = centre.getByRole('listitem').filter({ hasText: 'Half a thought on it' });
  await expect(draft).toContainText('no longer on this device');
  await draft.getByRole('button', { name: 'Discard' }).click();
  await expect(draft).toHaveCount(0);
  await centre.locator('.toast', { hasText: 'Draft discarded.' }).getByRole('button', { name: 'Undo' }).click();
  await expect(draft).toContainText('no longer on this device');
  await desk.closeSheet();
  await desk.isUpToDate();
  await desk.filter(TILL);
  await expect(desk.rows).toHaveCount(0);
});

test('who leads the process has the words of what was refused, until they had a look', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  await phone.desk.openIncident(TILL);
  await phone.goOffline();
  await phone.desk.note('The repeater has no power.');
  await office.desk.openIncident(TILL);
  await office.desk.choose('Group', 'service-desk');
  await office.desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await office.desk.isUpToDate();
  await phone.goOnline();
  await expect(phone.desk.chip).toHaveText('Needs review 1', { timeout: 30_000 });

  const lead = await device('incident-manager@demo');
  const { page } = lead.desk;
  await page.getByRole('button', { name: /: menu$/ }).click();
  await page.getByRole('link', { name: 'Refused work' }).click();
  await page.reload();
  const card = page.getByRole('article', { name: /^An internal note by Tomasz Zieliński/ });
  await expect(card.locator('blockquote')).toHaveText('The repeater has no power.');
  await expect(card).toContainText(TILL);
  await expect(card).toContainText('no longer among those');
  expect(await findings(page)).toEqual([]);
  await card.getByRole('button', { name: 'Done' }).click();
  await expect(card).toHaveCount(0);
  await page.reload();
  await expect(page.getByText('Nothing was refused that nobody has looked at.')).toBeVisible();

  // It is nobody else's to see.
  await office.desk.page.goto(`${office.origin}/console/refused`);
  await expect(office.desk.rows.first()).toBeVisible();
  const asked = await office.desk.page.request.get(`${office.origin}/refused`);
  expect(asked.status()).toBe(404);
});

test('what was refused is copied, or said once more when it can be', async ({ device }) => {
  test.setTimeout(120_000);
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => desk.page.evaluate(() => navigator.clipboard.readText());
  await desk.openIncident(TILL);
  await phone.goOffline();
  await desk.note('The repeater has no power.');
  await desk.reply('I have a spare one in the van.');
  await desk.isOffline(2);
  await office.desk.openIncident(TILL);
  await office.desk.choose('Group', 'service-desk');
  await office.desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await office.desk.isUpToDate();
  await phone.goOnline();
  await expect(desk.chip).toHaveText('Needs review 2', { timeout: 30_000 });
  const centre = await desk.openSyncCentre();
  const card = (words) => centre.getByRole('article').filter({ hasText: words });

  await card('no power').getByRole('button', { name: 'Copy the text' }).click();
  await expect.poll(copied).toBe('The repeater has no power.');
  // Nothing can be said where it is out of reach.
  await expect(card('no power').getByRole('button', { name: 'Add as internal note' })).toHaveCount(0);

  // The group has it again.
  await desk.closeSheet();
  await office.desk.choose('Group', 'network');
  await office.desk.isUpToDate();
  await desk.openIncident(TILL);
  await desk.openSyncCentre();
  for (const [words, name] of [['no power', 'Add as internal note'], ['a spare one', 'Send as reply']]) {
    await card(words).getByRole('button', { name }).dblclick();
    await expect(card(words)).toHaveCount(0);
  }
  await desk.closeSheet();
  await desk.isUpToDate();
  for (const one of [desk, office.desk]) {
    await one.openIncident(TILL);
    await expect(one.message('The repeater has no power.')).toHaveCount(1);
    await expect(one.message('I have a spare one in the van.')).toHaveCount(1);
    await expect(one.message('The repeater has no power.')).toHaveAttribute('data-kind', 'note');
  }
});

test('diagnostics say how the device stands and nothing that anybody wrote', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Zucchini-20 is not for others.');
  await desk.entry.fill('Nor is Zucchini-20 begun');
  await desk.isOffline(1);
  const centre = await desk.openSyncCentre();
  await centre.getByRole('button', { name: 'Copy diagnostics' }).click();
  await expect(desk.page.locator('.toast').last()).toContainText('Copied');
  const copied = await desk.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^version: \d+\.\d+/);
  expect(copied).toContain(await desk.page.evaluate(() => navigator.userAgent));
  expect(copied).toMatch(/unsent: 1\b/);
  expect(copied).toContain('line: offline');
  for (const word of ['Zucchini', 'Scanners', 'Tomasz']) expect(copied).not.toContain(word);
});

test('an act that a lost role allowed comes back, and the others go through', async ({ device, server }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Written while I was a technician.');
  await desk.choose('Urgency', 'high');
  await desk.start();
  await desk.isOffline(3);
  await server.command(['user', 'roles', 'technician@demo', '--role', 'manager']);
  await phone.goOnline();
  await expect(desk.chip).toHaveText('Needs review 2', { timeout: 30_000 });
  await expect(desk.property('Urgency')).toHaveValue('medium');
  await expect(desk.state).toHaveText('New');
  await expect(desk.message('Written while I was a technician.')).toHaveCount(1);
  const centre = await desk.openSyncCentre();
  await expect(centre.getByRole('article')).toHaveCount(2);
  await expect(centre.getByText('Your role does not allow this.')).toHaveCount(2);
  await desk.closeSheet();
  // What the role no longer allows is not offered any more.
  await expect(desk.property('Urgency')).toBeDisabled();
  await expect(desk.detail.getByRole('button', { name: 'Start', exact: true })).toBeDisabled();
});

test('a session that ended offline is asked for again and nothing is lost', async ({ device, server }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await phone.goOffline();
  await desk.note('Kept while the session ended.');
  await desk.isOffline(1);
  await server.command(['user', 'sign-out', 'technician@demo']);
  await desk.entry.fill('Half a sentence');
  await phone.goOnline();
  const banner = desk.page.getByText('Sign in again to send 1 change; nothing is lost.');
  await expect(banner).toBeVisible({ timeout: 30_000 });
  await expect(desk.chip).toContainText('Signed out');
  // Work goes on meanwhile.
  await desk.choose('Urgency', 'high');
  await expect(desk.page.getByText('Sign in again to send 2 changes')).toBeVisible();
  await desk.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(desk.sheet.getByLabel('Login')).toHaveValue('technician@demo');
  await desk.sheet.getByLabel('Password').fill('wrong');
  await desk.sheet.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(desk.sheet.getByRole('alert')).toContainText('do not match');
  await desk.sheet.getByLabel('Password').fill('demo');
  await desk.sheet.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(desk.sheet).toBeHidden();
  await desk.isUpToDate();
  await expect(desk.entry).toHaveValue('Half a sentence');
  // The place is kept, too.
  await expect(desk.filterBox).toHaveValue(SCANNERS);
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Kept while the session ended.')).toHaveCount(1);
  await expect(office.desk.property('Urgency')).toHaveValue('high');
});

test('two people on one device see nothing of each other', async ({ device }) => {
  const secret = 'Zucchini-17 only for Tomasz';
  const shared = await device('technician@demo');
  await shared.desk.openIncident(SCANNERS);
  await shared.goOffline();
  await shared.desk.note(`${secret} sent`);
  await shared.desk.entry.fill(`${secret} draft`);
  await shared.desk.isOffline(1);
  await shared.desk.signOut();
  expect(await shared.desk.page.evaluate(() => location.href)).toBe(`${shared.origin}/console`);
  await shared.goOnline();
  await shared.desk.signIn('agent@demo');
  await expect(shared.desk.filterBox).toHaveValue('');
  await expect(shared.desk.page.getByText('Choose an incident from the list.')).toBeVisible();
  await shared.desk.openIncident(SCANNERS);
  await expect(shared.desk.entry).toHaveValue('');
  await expect(shared.desk.message(secret)).toHaveCount(0);

  const stage = await shared.backstage();
  expect(await databases(stage)).toEqual(['holdfast-console-2', 'holdfast-console-3']);
  expect(await placesOf(stage, secret)).toEqual(['holdfast-console-2']);

  // Their own work waits for them on this device and goes out when they come back.
  await shared.desk.signOut();
  await shared.desk.signIn('technician@demo');
  await shared.desk.openIncident(SCANNERS);
  await expect(shared.desk.message(`${secret} sent`)).toHaveCount(1);
  await expect(shared.desk.entry).toHaveValue(`${secret} draft`);
  await shared.desk.isUpToDate();
  // Leaving for good takes everything along.
  await shared.desk.signOut({ forget: true });
  await expect.poll(() => databases(stage)).toEqual(['holdfast-console-3']);
  expect(await placesOf(stage, `${secret} draft`)).toEqual([]);
});

test('a tab that another person finds open shows nothing of where the first one was', async ({ device }) => {
  const shared = await device('technician@demo');
  const first = shared.desk;
  const second = await shared.open();
  await second.openIncident(SCANNERS);
  await first.signOut();
  await first.signIn('agent@demo');
  await second.page.reload();
  await second.isUpToDate();
  await expect(second.page).toHaveURL(`${shared.origin}/console`);
  await expect(second.filterBox).toHaveValue('');
  // A link that somebody follows leads where it says.
  await first.openIncident(SCANNERS);
  const link = first.page.url();
  await first.signOut();
  await first.page.goto(link);
  await first.signIn('technician@demo');
  await first.shows(SCANNERS);
});

test('a tab whose engine another one ended removes everything all the same', async ({ device }) => {
  const shared = await device('technician@demo');
  const first = shared.desk;
  const second = await shared.open();
  await second.isUpToDate();
  const stage = await shared.backstage();
  await first.signOut({ forget: true });
  await expect.poll(() => databases(stage)).toEqual([]);
  await expect(second.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await first.signIn('technician@demo');
  await first.openIncident(SCANNERS);
  await expect.poll(() => databases(stage)).toEqual(['holdfast-console-2']);
  await second.isUpToDate();
  await second.signOut({ forget: true });
  expect(await databases(stage)).toEqual([]);
  await expect(first.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('who signs in or out does so in every tab, and what they were writing waits for them alone', async ({ device }) => {
  const words = 'Half a sentence of Tomasz';
  const shared = await device('technician@demo');
  const first = shared.desk;
  await first.openIncident(SCANNERS);
  await first.entry.fill(words);
  const second = await shared.open();
  await second.isUpToDate();
  await second.signOut();
  await expect(first.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await second.signIn('agent@demo');
  await first.isUpToDate();
  for (const desk of [second, first]) {
    await desk.openIncident(SCANNERS);
    await expect(desk.entry).toHaveValue('');
  }
  await second.signOut();
  await first.signIn('technician@demo');
  await first.openIncident(SCANNERS);
  await expect(first.entry).toHaveValue(words);
});

test('a session left without a network ends once there is one', async ({ device }) => {
  const shared = await device('user@demo', { at: '/' });
  const portal = shared.desk;
  await portal.isInstalled();
  const session = async () => (await shared.context.cookies()).length;
  expect(await session()).toBe(1);
  await shared.goOffline();
  await portal.isOffline();
  await portal.chooseFromMenu('Sign out…');
  const sheet = portal.page.getByRole('dialog');
  await expect(sheet).toContainText('ends as soon as this page reaches it');
  await sheet.getByRole('button', { name: 'Sign out' }).click();
  await expect(portal.page.getByLabel('Login')).toBeVisible();
  expect(await session()).toBe(1);
  await shared.goOnline();
  await expect.poll(session).toBe(0);
  const plain = await shared.backstage();
  await plain.goto(`${shared.origin}/?plain`);
  await expect(plain.getByLabel('Login')).toBeVisible();
  await portal.signIn('user@demo');
});

test('what somebody is typing waits for them when another person signs in over it', async ({ device, server }) => {
  const shared = await device();
  const { desk } = shared;
  // The pause after which a draft is saved never comes on this page.
  await desk.page.addInitScript(() => {
    const later = window.setTimeout.bind(window);
    window.setTimeout = (work, pause, ...more) => (pause === 300 ? 0 : later(work, pause, ...more));
  });
  await desk.page.reload();
  await desk.signIn('technician@demo');
  await desk.openIncident(SCANNERS);
  await server.command(['user', 'sign-out', 'technician@demo']);
  await expect(desk.page.getByText('Sign in again')).toBeVisible({ timeout: 30_000 });
  await desk.entry.fill('Half a sentence of Tomasz');
  await desk.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await desk.sheet.getByLabel('Login').fill('agent@demo');
  await desk.sheet.getByLabel('Password').fill('demo');
  await desk.sheet.getByRole('button', { name: 'Sign in', exact: true }).click();
  await desk.isUpToDate();
  await expect(desk.page).toHaveURL(`${shared.origin}/console`);
  await expect(desk.filterBox).toHaveValue('');
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('');
  const stage = await shared.backstage();
  const places = await placesOf(stage, 'Half a sentence of Tomasz');
  const own = 'holdfast-console-2';
  expect(places.filter((place) => place.startsWith('holdfast-') && place !== own)).toEqual([]);

  await desk.signOut();
  await desk.signIn('technician@demo');
  await desk.openIncident(SCANNERS);
  await expect(desk.entry).toHaveValue('Half a sentence of Tomasz');
});

test('a requester is sent to the portal and a wrong password is told', async ({ device }) => {
  const { desk } = await device();
  const submit = async (login, password) => {
    await desk.page.getByLabel('Login').fill(login);
    await desk.page.getByLabel('Password').fill(password);
    await desk.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await submit('agent@demo', 'wrong');
  await expect(desk.page.getByRole('alert')).toContainText('Login and password do not match.');
  await submit('user@demo', 'demo');
  await expect(desk.page.getByRole('alert')).toContainText('The console is for people who work on');
  await submit('agent@demo', 'demo');
  await desk.isUpToDate();
});

test('whoever guesses too often reads how long to wait', async ({ device, server }) => {
  const { page } = (await device()).desk;
  const guess = { login: 'agent@demo', password: 'guess', surface: 'console' };
  for (let nth = 0; nth < 10; nth += 1) {
    const headers = { 'X-Holdfast': '1' };
    const answer = await page.request.post(`${server.origin}/session`, { headers, data: guess });
    expect(answer.status()).toBe(401);
  }
  await page.getByLabel('Login').fill('agent@demo');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Too many attempts. Wait 15 minutes, then try again.');
});

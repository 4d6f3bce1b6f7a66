// What a portal device never holds: internal notes, however they came about and wherever they lie.
import { placesOf } from './support/storage.js';
import { expect, test } from './support/test.js';

const WAITS = 'Teams: others hear me like a robot';
const OWN = 'My own tablet is slow';

test.describe('over a line that hears everything', () => {
  test.use({ disturbed: true });

  test('no byte of an internal note, whoever uses it', async ({ device, line }) => {
    const MARK = 'MARKED-c0ffee';
    const office = await device('agent@demo', { direct: true });
    const { desk } = office;
    const stage = await office.backstage();
    let marks = 0;
    const mark = async () => {
      await desk.note(`${MARK} not for the requester, ${(marks += 1)}`);
      await desk.isUpToDate();
    };
    await desk.openIncident(WAITS);
    await mark();
    line.listen();
    for (const [login, subject] of [['user@demo', WAITS], ['technician@demo', OWN]]) {
      const own = await device(login, { at: '/' });
      const portal = own.desk;
      await portal.isInstalled();
      if (subject === OWN) await portal.report({ subject });
      else await portal.openReport(subject);
      await portal.isUpToDate();
      // What happens while it is open comes by the socket and the next pull.
      await desk.openIncident(subject);
      await mark();
      await desk.reply('Said in public.');
      await desk.isUpToDate();
      await expect(portal.message('Said in public.')).toBeVisible();
      // What is taken back is gone for the requester, and a note was never there.
      await desk.reply('Taken back in public.');
      await expect(portal.message('Taken back in public.')).toBeVisible();
      await desk.takeBack('Reply');
      await expect(portal.message('Taken back in public.')).toHaveCount(0);
      await mark();
      await desk.takeBack('Internal note');
      // Its words are a draft of the console again, and stay one.
      await expect(desk.entry).toHaveValue(new RegExp(`^${MARK} .*, ${marks}\\b`));
      await desk.isUpToDate();
      await portal.write('An answer from the portal.');
      await portal.isUpToDate();
      await portal.goHome();
      await expect(portal.row(subject)).toBeVisible();
      expect(await portal.page.content()).not.toContain(MARK);
      expect(await placesOf(stage, `not for the requester, ${marks}`)).not.toEqual([]);
      const backstage = await own.backstage();
      expect(await placesOf(backstage, MARK)).toEqual([]);
      // The search would find it: the public words are there.
      expect(await placesOf(backstage, subject)).not.toEqual([]);
      await backstage.goto(`${own.server.origin}/?plain`);
      await backstage.getByRole('link', { name: subject }).click();
      await expect(backstage.getByText('Said in public.')).toBeVisible();
      expect(await backstage.content()).not.toMatch(/MARKED|Taken back in public/);
    }
    await desk.choose('Group', 'field');
    await desk.isUpToDate();
    expect(line.hears('Said in public.')).toBe(true);
    expect(line.hears(MARK)).toBe(false);
    // The same line hears it on its way to staff.
    const phone = await device('technician@demo');
    await phone.desk.openIncident(OWN);
    await expect(phone.desk.message(MARK).first()).toBeVisible();
    expect(line.hears(MARK)).toBe(true);
  });
});

test('an internal note that is a draft or was taken back stays on its side of the device', async ({ device }) => {
  const MARK = 'MARKED-0ddba11';
  const own = await device('technician@demo');
  const { desk } = own;
  await desk.createIncident({ requester: 'Tomasz Zieliński', subject: OWN });
  await desk.reply('Said too early.');
  await desk.takeBack('Reply');
  await expect(desk.entry).toHaveValue('Said too early.');
  await desk.note(`${MARK} taken back`);
  await desk.takeBack('Internal note');
  await expect(desk.entry).toHaveValue(`${MARK} taken back`);
  await desk.entry.fill(`${MARK} still a draft`);
  const stage = await own.backstage();
  await expect.poll(() => placesOf(stage, `${MARK} still a draft`)).not.toEqual([]);
  await desk.isUpToDate();

  const portal = await own.open('/');
  await portal.isUpToDate();
  await portal.openReport(OWN);
  await expect(portal.page.getByText('Draft kept as you type')).toBeVisible();
  await expect(portal.entry).toHaveValue('');
  await portal.write('Only this is said.');
  await portal.isUpToDate();
  expect(await portal.page.content()).not.toMatch(/MARKED|Said too early/);
  // All of it lies in what the console keeps, and nowhere beside it.
  for (const place of await placesOf(stage, MARK)) expect(place).toMatch(/^holdfast-(?!portal)/);
  expect(await placesOf(stage, 'Only this is said.')).toContainEqual(expect.stringContaining('portal'));
});

test('an internal note that the console set aside never stands in the portal', async ({ device, server }) => {
  test.setTimeout(120_000);
  const NOTE = 'MARKED-5e7a51de not for the requester';
  const own = await device('technician@demo');
  const { desk } = own;
  await desk.createIncident({ requester: 'Tomasz Zieliński', subject: OWN });
  await desk.isUpToDate();
  const stage = await own.backstage();
  const isAside = async () => (await placesOf(stage, 'MARKED-5e7a51de')).filter((place) => !place.startsWith('holdfast-'));
  const protocol = await own.context.newCDPSession(desk.page);
  const room = (quotaSize) => protocol.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize });
  await room(1);
  await desk.page.getByRole('button', { name: 'Internal note', exact: true }).click();
  // The browser looks at its quota only now and then.
  let number = 0;
  await expect(async () => {
    number += 1;
    await desk.entry.fill(`${NOTE} ${number}`);
    await expect.poll(isAside, { timeout: 1_000 }).toHaveLength(1);
  }).toPass({ timeout: 60_000 });
  const [aside] = await isAside();
  expect(aside).toMatch(/^holdfast\.console\.\d+\.draft\./);
  await room(undefined);

  const portal = await own.open('/');
  await portal.isUpToDate();
  await portal.openReport(OWN);
  await expect(portal.page.getByText('Draft kept as you type')).toBeVisible();
  await expect(portal.entry).toHaveValue('');
  await portal.write('Only this is said.');
  await portal.isUpToDate();
  expect(await portal.page.content()).not.toContain(NOTE);
  expect((await placesOf(stage, NOTE)).filter((place) => place.includes('portal'))).toEqual([]);
  // Also not where an earlier version had named it without its surface.
  const stray = aside.replace('.console.', '.portal.');
  await stage.evaluate(([from, to]) => localStorage.setItem(to, localStorage.getItem(from)), [aside, stray]);
  await portal.page.reload();
  await expect(portal.message('Only this is said.')).toBeVisible();
  await expect(portal.page.getByText('Draft kept as you type')).toBeVisible();
  await expect(portal.entry).toHaveValue('');
  expect((await placesOf(stage, NOTE)).filter((place) => place.startsWith('holdfast-portal'))).toEqual([]);
});

// The walking loop: an incident worked without a network, in a browser, merged by a server.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const TOMASZ = 'Tomasz Zieliński';
const ANNA = 'Anna Lindqvist';

test('a day without a network is whole when the network returns', async ({ device }) => {
  test.setTimeout(120_000);
  const phone = await device('technician@demo');
  let { desk } = phone;
  let acts = 0;

  await test.step('the technician sees the queue and opens an incident', async () => {
    await expect(desk.rows.first()).toBeVisible();
    await desk.openIncident(SCANNERS);
    await expect(desk.name).toHaveText(/^INC-\d+$/);
    await desk.isInstalled();
  });

  await test.step('without a network the page starts from the device', async () => {
    await phone.goOffline();
    await desk.page.reload();
    await desk.shows(SCANNERS);
    await desk.isOffline();
    await desk.filter('forklift');
    await expect(desk.row('Forklift terminal 12')).toBeVisible();
    await expect(desk.row(SCANNERS)).toHaveCount(0);
    await desk.openIncident('Forklift terminal 12');
    await desk.openIncident(SCANNERS);
  });

  await test.step('every act works and is kept', async () => {
    await desk.note('Aisle 43: the cable of the access point is squashed.');
    await desk.reply('We found a damaged cable and are replacing it today.');
    await desk.rename('Damaged cable in aisle 43');
    await desk.choose('Category', 'network/lan');
    await desk.choose('Impact', 'high');
    await desk.choose('Urgency', 'low');
    await desk.choose('Group', 'field');
    await desk.choose('Assignee', { label: TOMASZ });
    await desk.start();
    await desk.hold('a part', 'A patch cable of 15 m comes on Thursday.');
    await desk.press('Go on');
    await expect(desk.state).toHaveText('In progress');
    await desk.resolve('Fixed', 'Replaced the cable and tested the roaming.');
    await desk.reopen('Aisle 46 drops out again.');
    acts += 13;
    await desk.isOffline(acts);
    await expect(desk.talk.locator('[data-tick="kept"]')).toHaveCount(acts);
  });

  await test.step('incidents are created for a chosen requester and for an unknown caller', async () => {
    await desk.createIncident({
      requester: 'Oliwia Kaczmarek',
      subject: 'Label printer of gate 2 is silent',
      description: 'No lights at all.',
    });
    await expect(desk.name).toHaveText(/^L-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    await expect(desk.detail).toContainText('Oliwia Kaczmarek');
    await desk.createIncident({
      caller: 'Driver of Vos Transport',
      contact: '+31 6 1234',
      subject: 'Driver cannot open the barrier',
    });
    await expect(desk.detail).toContainText('Driver of Vos Transport');
    acts += 2;
    await desk.isOffline(acts);
  });

  await test.step('the tab is closed; a new one has it all', async () => {
    await phone.closeTab();
    desk = await phone.open();
    await desk.isOffline(acts);
    await desk.openIncident('Damaged cable in aisle 43');
    await expect(desk.state).toHaveText('Assigned');
    await expect(desk.property('Urgency')).toHaveValue('low');
    await expect(desk.property('Impact')).toHaveValue('high');
    await expect(desk.property('Category')).toHaveValue('network/lan');
    await expect(desk.property('Group')).toHaveValue('field');
    await expect(desk.message('the cable of the access point is squashed')).toHaveCount(1);
    await expect(desk.message('We found a damaged cable')).toHaveCount(1);
    await expect(desk.event('Replaced the cable and tested the roaming.')).toHaveCount(1);
    await desk.openIncident('Label printer of gate 2 is silent');
    await desk.openIncident('Driver cannot open the barrier');
    const centre = await desk.openSyncCentre();
    await expect(centre.getByText(`${acts} changes wait to be sent`)).toBeVisible();
    await expect(centre.getByRole('listitem').locator('small')).toHaveCount(acts);
    await phone.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await centre.getByRole('button', { name: 'Copy what waits' }).click();
    await expect(centre.getByText('Copied.')).toBeVisible();
    const copied = await desk.page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('the cable of the access point is squashed');
    await desk.closeSheet();
  });

  const office = await device('agent@demo');
  const other = office.desk;
  await test.step('meanwhile the agent works on the same incident', async () => {
    await other.openIncident(SCANNERS);
    await other.reply('Our technician is on his way to you.');
    await other.choose('Urgency', 'high');
    await other.choose('Assignee', { label: ANNA });
    await other.isUpToDate();
  });

  const urgency = (one) => one.clash.filter({ hasText: 'Urgency is' });
  await test.step('the network returns and both converge without a click', async () => {
    await phone.goOnline();
    await desk.isUpToDate();
    await expect(desk.name).toHaveText(/^INC-\d+$/);
    await desk.openIncident('Damaged cable in aisle 43');
    await other.shows('Damaged cable in aisle 43');
    for (const one of [desk, other]) {
      await expect(one.message('Our technician is on his way to you.')).toHaveCount(1);
      await expect(one.message('We found a damaged cable')).toHaveCount(1);
      await expect(one.message('the cable of the access point is squashed')).toHaveCount(1);
      await expect(one.property('Urgency')).toHaveValue('high');
      await expect(one.property('Impact')).toHaveValue('high');
      await expect(one.property('Assignee')).toHaveValue('3');
      await expect(one.property('Group')).toHaveValue('network');
      await expect(urgency(one)).toHaveCount(1);
      await expect(urgency(one)).toContainText('Urgency is High');
      await expect(urgency(one)).toContainText('Also set to Low');
    }
    await expect(urgency(other)).toContainText(`Also set to Low by ${TOMASZ}`);
    const lost = desk.clash.filter({ hasText: 'You assigned it' });
    await expect(lost).toContainText(`${ANNA} assigned it to ${ANNA}`);
    await lost.getByRole('button', { name: 'Dismiss' }).click();
    await expect(lost).toHaveCount(0);
  });

  await test.step('either can settle the two urgencies', async () => {
    await urgency(other).getByRole('button', { name: 'Use Low' }).click();
    for (const one of [desk, other]) {
      await expect(one.clash).toHaveCount(0);
      await expect(one.property('Urgency')).toHaveValue('low');
    }
  });

  await test.step('nothing is lost or double, and each fact says where it came from', async () => {
    await other.isUpToDate();
    await desk.isUpToDate();
    const told = await desk.history(TOMASZ);
    expect(told).toEqual(await other.history(ANNA));
    const own = told.filter((fact) => fact.startsWith(TOMASZ));
    expect(own.length).toBeGreaterThanOrEqual(13);
    for (const fact of own) {
      expect(fact).toMatch(/on the device .+ · arrived .+ · device [0-9a-f]{6}/);
    }
    const words = told.map((fact) => fact.split('on the device')[0]);
    expect(words.filter((word) => word.includes('resolved it: Fixed'))).toHaveLength(1);
    await other.filter('Label printer of gate 2');
    await expect(other.rows).toHaveCount(1);
    await expect(other.rows).toContainText(/INC-\d+ · Oliwia Kaczmarek/);
    await other.filter('Driver cannot open');
    await expect(other.rows).toHaveCount(1);
    await expect(other.rows).toContainText(/INC-\d+ · Driver of Vos Transport/);
  });
});

test('the author of the other value can settle it too', async ({ device }) => {
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  await phone.desk.openIncident(SCANNERS);
  await phone.goOffline();
  await phone.desk.choose('Urgency', 'low');
  await phone.desk.isOffline(1);
  await office.desk.openIncident(SCANNERS);
  await office.desk.choose('Urgency', 'high');
  for (const text of ['The spare is packed.', 'The courier is on his way.', 'Aisle 20 first, please.']) {
    await office.desk.reply(text);
  }
  await office.desk.isUpToDate();
  await phone.goOnline();
  // Whoever was reading at the end is shown all that has come.
  await expect(phone.desk.clash).toBeInViewport();
  await expect(phone.desk.property('Urgency').locator('..')).toContainText('2 values');
  // The head leads to the choice, also from the history.
  await phone.desk.turnTo('History');
  await phone.desk.press('1 conflict');
  const keep = phone.desk.clash.getByRole('button', { name: 'Keep High' });
  await expect(keep).toBeFocused();
  await keep.click();
  await expect(office.desk.clash).toHaveCount(0);
  await expect(phone.desk.clash).toHaveCount(0);
  await expect(office.desk.property('Urgency')).toHaveValue('high');
  await phone.desk.isUpToDate();
  // The row has no mark of two values left.
  await expect(office.desk.row(SCANNERS).locator('[data-mark="clash"]')).toHaveCount(0);
});

for (const [how, end] of [
  ['stopped', (server) => server.stop()],
  ['killed', (server) => server.kill()],
]) {
  test(`a server that is ${how} is met like a lost network`, async ({ device, server }) => {
    const phone = await device('technician@demo');
    const { desk } = phone;
    await desk.openIncident(SCANNERS);
    await desk.isInstalled();
    await desk.reply('Before the server was gone.');
    await desk.isUpToDate();
    await end(server);
    await desk.isOffline();
    await desk.page.reload();
    await desk.shows(SCANNERS);
    await desk.note('While the server was gone.');
    await desk.start();
    await desk.isOffline(2);
    await server.start();
    await desk.isUpToDate();
    const office = await device('agent@demo');
    await office.desk.openIncident(SCANNERS);
    await expect(office.desk.message('Before the server was gone.')).toHaveCount(1);
    await expect(office.desk.message('While the server was gone.')).toHaveCount(1);
    await expect(office.desk.state).toHaveText('In progress');
  });
}

test('two tabs of one person show the same and send it once', async ({ device }) => {
  const phone = await device('technician@demo');
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const second = await phone.open();
  await second.isUpToDate();
  await second.openIncident(SCANNERS);
  await phone.goOffline();
  await first.note('Written in the first tab.');
  await second.reply('Written in the second tab.');
  await expect(first.message('Written in the second tab.')).toHaveCount(1);
  await expect(second.message('Written in the first tab.')).toHaveCount(1);
  await first.isOffline(2);
  await second.isOffline(2);
  // The tab that does the network goes; the other takes over.
  await first.page.close();
  await phone.goOnline();
  await second.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('Written in the first tab.')).toHaveCount(1);
  await expect(office.desk.message('Written in the second tab.')).toHaveCount(1);
});

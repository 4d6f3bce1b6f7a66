// Taking back: every act for ten seconds, offline too, by the button or by its key.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const TOMASZ = 'Tomasz Zieliński';

const undo = (desk) => desk.page.getByRole('button', { name: /^Undo/ });

test('every act can be taken back, without a network too', async ({ device }) => {
  test.setTimeout(120_000);
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  const assignee = await desk.property('Assignee').inputValue();
  const urgency = await desk.property('Urgency').inputValue();
  await phone.goOffline();

  await test.step('words', async () => {
    for (const [write, act] of [['note', 'Internal note'], ['reply', 'Reply']]) {
      await desk[write]('Wrong window.');
      await desk.takeBack(act);
      await expect(desk.message('Wrong window.')).toHaveCount(0);
    }
  });
  await test.step('values and assignments', async () => {
    await desk.choose('Urgency', urgency === 'high' ? 'low' : 'high');
    await desk.takeBack('Urgency');
    await expect(desk.property('Urgency')).toHaveValue(urgency);
    await desk.press('Assign to me');
    await desk.takeBack('Taken over');
    await expect(desk.property('Assignee')).toHaveValue(assignee);
  });
  await test.step('steps of the lifecycle', async () => {
    const before = await desk.state.innerText();
    const back = async (name, act, state) => {
      await act();
      await desk.takeBack(name);
      await expect(desk.state).toHaveText(state);
    };
    await back('Work started', () => desk.start(), before);
    await back('On hold', () => desk.hold('a part', 'On Thursday.'), before);
    await back('Resolved', () => desk.resolve('Fixed', 'Done by mistake.'), before);
    const cancel = { words: 'No.', submit: 'Cancel incident', state: 'Cancelled' };
    await back('Cancelled', () => desk.ask('Cancel…', cancel), before);
    await desk.resolve('Fixed', 'Done.');
    await back('Closed', () => desk.press('Close incident'), 'Resolved');
    await back('Reopened', () => desk.reopen('Again.', before), 'Resolved');
  });
  await test.step('a new incident', async () => {
    await desk.createIncident({ requester: 'Oliwia Kaczmarek', subject: 'Declared by mistake' });
    await undo(desk).last().click();
    await expect(desk.sheet.getByLabel('Subject')).toHaveValue('Declared by mistake');
    await desk.closeSheet();
  });
  await test.step('everybody reads it so, and the history keeps it', async () => {
    await phone.goOnline();
    await desk.isUpToDate();
    await office.desk.look(/^All\s*\d/);
    await office.desk.openIncident('Declared by mistake');
    await expect(office.desk.state).toHaveText('Cancelled');
    await office.desk.openIncident(SCANNERS);
    await expect(office.desk.state).toHaveText('Resolved');
    await expect(office.desk.message('Wrong window.')).toHaveCount(0);
    await office.desk.turnTo('History');
    const facts = office.desk.detail.getByRole('region', { name: 'History' }).getByRole('listitem');
    const taken = facts.filter({ hasText: 'Wrong window.' });
    await expect(taken).toHaveCount(2);
    await expect(taken.first().locator('s')).toBeVisible();
    await expect(taken.first()).toContainText(`withdrawn by ${TOMASZ}`);
    await expect(taken.first()).toContainText(/on the device .* · arrived .* · device \w{6}/);
    await expect(facts.filter({ hasText: 'Done by mistake.' }).locator('s')).toBeVisible();
  });
});

test('what was written returns to the box it came from, above what is there', async ({ device }) => {
  const own = await device('technician@demo');
  const { desk } = own;
  await desk.openIncident(SCANNERS);
  const form = desk.page.getByRole('form', { name: 'Write' });
  const isPressed = (name) =>
    expect(form.getByRole('button', { name, exact: true })).toHaveAttribute('aria-pressed', 'true');

  await test.step('into an empty box', async () => {
    await desk.reply('To the wrong person.');
    await desk.takeBack('Reply');
    await expect(desk.entry).toHaveValue('To the wrong person.');
    await isPressed('Reply');
    await desk.page.reload();
    await expect(desk.entry).toHaveValue('To the wrong person.');
  });
  await test.step('above what is there; a note stays between staff', async () => {
    await desk.note('Half a thought');
    await form.getByRole('button', { name: 'Reply', exact: true }).click();
    await desk.entry.fill('Dear Oliwia');
    await desk.takeBack('Internal note');
    await expect(desk.entry).toHaveValue('Half a thought\n\nDear Oliwia');
    await isPressed('Internal note');
  });
  await test.step('into a sheet that is opened again', async () => {
    await desk.hold('the vendor', 'They call back.');
    await desk.takeBack('On hold');
    await desk.press('Hold…');
    await expect(desk.sheet.getByRole('textbox', { name: 'What has to happen' })).toHaveValue('They call back.');
    await expect(desk.sheet.getByRole('combobox').locator('option:checked')).toHaveText('the vendor');
    await desk.closeSheet();
  });
  await test.step('into the sheet of a new incident', async () => {
    const { sheet } = desk;
    const sketch = { requester: 'Oliwia Kaczmarek', subject: 'Printer out', description: 'It hums.' };
    await desk.beginNew(sketch);
    await sheet.getByRole('combobox', { name: 'Impact' }).selectOption('high');
    await sheet.getByRole('button', { name: 'Create incident' }).click();
    await desk.shows('Printer out');
    await desk.takeBack('New incident');
    await expect(sheet.getByLabel('Subject')).toHaveValue('Printer out');
    await expect(sheet.getByLabel('Description')).toHaveValue('It hums.');
    await expect(sheet.getByRole('combobox', { name: 'Requester' })).toHaveValue('Oliwia Kaczmarek');
    await expect(sheet.getByRole('combobox', { name: 'Impact' })).toHaveValue('high');
    await sheet.getByRole('button', { name: 'Create incident' }).click();
    await desk.shows('Printer out');
    await desk.isUpToDate();
    // Above what was begun meanwhile, of which nothing is lost either.
    await desk.beginNew({ caller: 'Ira', contact: '1', subject: 'Scale stuck', description: 'At gate 2.' });
    await sheet.getByRole('button', { name: /^Undo/ }).last().click();
    await expect(sheet.getByLabel('Subject')).toHaveValue('Scale stuck');
    await expect(sheet.getByLabel('Description')).toHaveValue('Printer out\n\nIt hums.\n\nAt gate 2.');
    await expect(sheet.getByRole('combobox', { name: 'Requester' })).toHaveValue('Ira');
    await desk.closeSheet();
    await desk.openIncident(SCANNERS);
  });
  await test.step('what is sent after all does not come back', async () => {
    await desk.reply('To the right person.');
    await desk.openIncident('Forklift terminal 12');
    await expect(desk.entry).toHaveValue('');
    await desk.openIncident(SCANNERS);
    await expect(desk.message('To the right person.')).toBeVisible();
    await expect(desk.entry).toHaveValue('');
  });
});

test('an act that is taken back in one place while others hold it too is taken back once', async ({
  device,
}) => {
  test.setTimeout(120_000);
  const [phone, tablet] = [await device('technician@demo'), await device('technician@demo')];
  const first = phone.desk;
  await first.openIncident(SCANNERS);
  const urgency = await first.property('Urgency').inputValue();
  // Another tab of the device shows the same incident and shares what is unsent.
  const second = await phone.open('/console');
  await second.openIncident(SCANNERS);
  await phone.goOffline();
  await first.choose('Urgency', urgency === 'high' ? 'low' : 'high');
  await expect(second.property('Urgency')).not.toHaveValue(urgency);
  const carried = await first.saveUnsent();
  await undo(first).dblclick();
  await expect(first.property('Urgency')).toHaveValue(urgency);
  await expect(second.property('Urgency')).toHaveValue(urgency);
  await expect(undo(second)).toHaveCount(0);
  const both = await second.saveUnsent();

  // The act travels alone, then with what takes it back; the device that did both comes last.
  for (const [file, value] of [[carried, urgency === 'high' ? 'low' : 'high'], [both, urgency]]) {
    const card = await tablet.desk.offerFile(file);
    await card.getByRole('button', { name: 'Bring in' }).click();
    await expect(card).toHaveCount(0);
    await tablet.desk.closeSheet();
    await tablet.desk.isUpToDate();
    await tablet.desk.openIncident(SCANNERS);
    await expect(tablet.desk.property('Urgency')).toHaveValue(value);
  }
  await phone.goOnline();
  for (const desk of [first, second, tablet.desk]) {
    await desk.isUpToDate();
    await expect(desk.property('Urgency')).toHaveValue(urgency);
    await expect(desk.page.getByRole('alert')).toHaveCount(0);
    await desk.turnTo('History');
    const facts = desk.detail.getByRole('region', { name: 'History' }).getByRole('listitem');
    await expect(facts.filter({ hasText: 'withdrawn by' })).toHaveCount(1);
  }
});

test('after taking a resolution back the reader is where they were', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.openIncident(SCANNERS);
  const before = await desk.state.innerText();
  await desk.resolve('Fixed', 'Too early.');
  await desk.openIncident('Forklift terminal 12');
  await undo(desk).click();
  await desk.shows(SCANNERS);
  await expect(desk.state).toHaveText(before);
  await expect(desk.talk).not.toContainText('Too early.');
});

test('four acts are taken back one after the other, though three offers have room', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.openIncident(SCANNERS);
  await desk.filter('');
  const properties = ['Impact', 'Urgency', 'Category', 'Site'];
  const before = [];
  for (const label of properties) {
    const property = desk.property(label);
    const value = await property.inputValue();
    before.push(value);
    const values = await property.locator('option').evaluateAll((all) => all.map((one) => one.value));
    await desk.choose(label, values.find((one) => one && one !== value));
    await expect(desk.page.locator('.toast', { hasText: new RegExp(`^${label}: `) })).toBeVisible();
  }
  await expect(undo(desk)).toHaveCount(3);
  // The key takes back the last alone, and stands on no other.
  await expect(undo(desk).locator('kbd')).toHaveCount(1);
  await expect(undo(desk).last().locator('kbd')).toHaveText('Z');
  for (const [at, label] of [...properties.entries()].reverse()) {
    await desk.detail.press('z');
    await expect(desk.property(label)).toHaveValue(before[at]);
  }
  await expect(undo(desk)).toHaveCount(0);
});

test('a letter typed into a message takes nothing back', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.openIncident(SCANNERS);
  await desk.choose('Urgency', 'high');
  await desk.entry.pressSequentially('zzz');
  await expect(desk.entry).toHaveValue('zzz');
  await expect(desk.property('Urgency')).toHaveValue('high');
  await expect(undo(desk)).toHaveCount(1);
});

test('what was taken back after access was lost comes back for review', async ({ device }) => {
  const TILL = 'No signal in the stock room';
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const { desk } = phone;
  await desk.openIncident(TILL);
  await desk.reply('Wrong window.');
  await desk.isUpToDate();
  await phone.goOffline();
  await desk.takeBack('Reply');
  await desk.isOffline(1);
  await office.desk.openIncident(TILL);
  await office.desk.choose('Group', 'service-desk');
  await office.desk.choose('Assignee', { label: 'Anna Lindqvist' });
  await office.desk.isUpToDate();
  await phone.goOnline();
  await expect(desk.chip).toHaveText('Needs review 1', { timeout: 30_000 });
  const centre = await desk.openSyncCentre();
  const card = centre.getByRole('article');
  await expect(card).toContainText('Taking an act back');
  await expect(card).toContainText('This incident is no longer among those you may change.');
  await card.getByRole('button', { name: 'Discard' }).click();
  await expect(card).toHaveCount(0);
});

// An engine that falls over, and one that does not start at first.
import { expect, test } from './support/test.js';
import { placesOf } from './support/storage.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('an engine that falls over in the middle of an act is replaced, and the text stays', async ({ device }) => {
  const phone = await device('technician@demo');
  phone.expectErrors(/the engine stopped and is started again|fell over/);
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.note('Before the fall.');
  await desk.entry.fill('In the middle of the fall');
  const stage = await phone.backstage();
  await expect.poll(() => placesOf(stage, 'In the middle of the fall')).toContain('holdfast-console-2');
  const [engine] = desk.page.workers();
  // As a panic does: whatever is asked next is never answered.
  await engine.evaluate(() => {
    self.onmessage = () => {
      throw new Error('fell over');
    };
  });
  await desk.page.getByRole('button', { name: 'Add note' }).click();
  const form = desk.page.getByRole('form', { name: 'Write' });
  await expect(form.getByRole('status').last()).toContainText("device's storage");
  await expect(desk.entry).toHaveValue('In the middle of the fall');
  await expect(desk.message('In the middle of the fall')).toHaveCount(0);
  // The engine that replaced it knows everything and does the act.
  await form.getByRole('button', { name: 'Add note' }).click();
  await expect(desk.entry).toHaveValue('');
  await expect(desk.message('In the middle of the fall')).toHaveCount(1);
  await expect(desk.message('Before the fall.')).toHaveCount(1);
  await desk.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  await expect(office.desk.message('In the middle of the fall')).toHaveCount(1);
});

test('an engine whose early start fails is started once more by the page', async ({ device }) => {
  const phone = await device('technician@demo');
  phone.expectErrors(/engine|fell over|did not start/);
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.isInstalled();
  // The first worker of the next page fails before it listens; those after it are whole.
  await phone.context.addInitScript(() => {
    const Whole = window.Worker;
    let isFirst = true;
    window.Worker = class extends Whole {
      constructor(address, options) {
        super(isFirst ? '/assets/no-such-engine.js' : address, options);
        window.failedFirst ||= isFirst;
        isFirst = false;
      }
    };
  });
  await desk.page.reload();
  await desk.shows(SCANNERS);
  expect(await desk.page.evaluate(() => window.failedFirst)).toBe(true);
  await desk.note('By the second engine.');
  await desk.isUpToDate();
});

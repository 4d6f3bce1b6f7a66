// The diagnosis: one text that technicians and agents write, also at once and without a network.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const HALL = 'Hall 3: no Wi-Fi';

class Diagnosis {
  constructor(desk) {
    this.desk = desk;
    this.part = desk.detail.getByRole('region', { name: 'Diagnosis', exact: true });
    this.text = this.part.locator('.found');
    this.box = this.part.getByRole('textbox', { name: 'Diagnosis' });
  }

  async open() {
    await this.desk.openIncident(HALL);
    await this.desk.detail.locator('[data-way="work"]').click();
    await expect(this.part).toBeVisible();
  }

  async press(name) {
    await this.part.getByRole('button', { name, exact: true }).click();
  }

  async begin(text) {
    await this.press('Edit');
    await this.box.fill(text);
  }

  async write(text) {
    await this.begin(text);
    await this.press('Save');
    await expect(this.text).toHaveText(text);
  }
}

test('what two write at once, one of them without a network, is all there', async ({ device }) => {
  const field = await device('technician@demo', phone);
  const inField = new Diagnosis(field.desk);
  await inField.open();
  await field.desk.isInstalled();
  await inField.write('The access point is dark.');
  const office = await device('agent@demo');
  const atDesk = new Diagnosis(office.desk);
  await atDesk.open();
  await expect(atDesk.text).toHaveText('The access point is dark.');
  await field.goOffline();
  await inField.write('The access point at gate 4 is dark.');
  await atDesk.begin('The access point is dark. Fuse F2 blew.');
  await field.goOnline();
  await expect(atDesk.part.getByRole('status')).toContainText('The access point at gate 4 is dark.');
  expect(await findings(office.desk.page)).toEqual([]);
  await atDesk.press('Save');
  const both = 'The access point at gate 4 is dark. Fuse F2 blew.';
  await expect(atDesk.text).toHaveText(both);
  await expect(inField.text).toHaveText(both);
  await office.desk.takeBack('Diagnosis edited');
  await expect(atDesk.text).toHaveText('The access point at gate 4 is dark.');
  await expect(inField.text).toHaveText('The access point at gate 4 is dark.');
  await office.desk.turnTo('History');
  const history = office.desk.detail.getByRole('region', { name: 'History' });
  await expect(history).toContainText('edited the diagnosis “at gate 4”');
  await expect(history).toContainText('edited the diagnosis “Fuse F2 blew.”');
  expect(await findings(field.desk.page)).toEqual([]);
});

test('a diagnosis that is being written outlives its tab, and is put back when it was discarded', async ({ device }) => {
  const own = await device('technician@demo');
  const diagnosis = new Diagnosis(own.desk);
  await diagnosis.open();
  await diagnosis.write('Line one.');
  await diagnosis.begin('Line one.\nLine two');
  await expect.poll(() => own.desk.page.evaluate(() => document.querySelector('.diagnosis textarea').value)).toContain('two');
  await own.desk.isUpToDate();
  await own.desk.page.reload();
  await own.desk.detail.locator('[data-way="work"]').click();
  await expect(diagnosis.box).toHaveValue('Line one.\nLine two');
  await diagnosis.press('Discard');
  await expect(diagnosis.text).toHaveText('Line one.');
  await own.desk.page.getByRole('button', { name: 'Undo' }).click();
  await expect(diagnosis.box).toHaveValue('Line one.\nLine two');
  // Another tab of the same person has the same before it, and saves it first.
  const second = new Diagnosis(await own.open(new URL(own.desk.page.url()).pathname));
  await second.desk.detail.locator('[data-way="work"]').click();
  await expect(second.box).toHaveValue('Line one.\nLine two');
  await second.press('Save');
  await expect(second.text).toHaveText('Line one.\nLine two');
  await expect(diagnosis.text).toHaveText('Line one.\nLine two');
});

// Files on incidents: attached without a network, sent after the texts, and seen by others.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';
import { plainPlacesOf } from './support/storage.js';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const SCANNERS = 'Scanners drop out between aisle 40 and 46';
const MEGABYTE = 1024 * 1024;

/** A photo of two colours side by side, as a camera that was held upright writes it: turned, with
    the place where it was taken. */
async function photo(page, { width = 2000, height = 1000 } = {}) {
  const url = await page.evaluate(({ width, height }) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    context.fillStyle = '#c03030';
    context.fillRect(0, 0, width / 2, height);
    context.fillStyle = '#3060c0';
    context.fillRect(width / 2, 0, width / 2, height);
    return canvas.toDataURL('image/jpeg', 0.9);
  }, { width, height });
  const plain = Buffer.from(url.split(',')[1], 'base64');
  // One entry: the orientation, "turn to the right".
  const exif = Buffer.from('457869660000' + '4d4d002a00000008' + '0001' + '01120003000000010006' + '0000' + '00000000', 'hex');
  const place = Buffer.concat([exif, Buffer.from('52.3702 N 4.8952 E')]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(place.length + 2, 2);
  const buffer = Buffer.concat([plain.subarray(0, 2), head, place, plain.subarray(2)]);
  return { name: 'gateway.jpg', mimeType: 'image/jpeg', buffer };
}

/** A log of so many bytes that nobody has twice. */
function log(name, bytes) {
  const buffer = Buffer.alloc(bytes, `${randomBytes(64).toString('hex')}\n`);
  return { name, mimeType: 'text/plain', buffer };
}

/** What a button saves. */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return readFile(await download.path());
}

class Files {
  constructor(desk) {
    this.desk = desk;
    this.input = desk.page.getByLabel('Attach photos or files');
    this.refusal = desk.page.locator('.attach [role="alert"]');
  }

  async attach(...files) {
    await this.input.setInputFiles(files);
    for (const { name } of files) await expect(this.of(name)).toBeVisible({ timeout: 30_000 });
  }

  /** The entry of a file in the conversation. */
  of(name) {
    const own = this.desk.page.locator('.file', { hasText: name });
    return this.desk.talk.getByRole('article').filter({ has: own });
  }

  thumbnail(name) {
    return this.of(name).locator('.file img');
  }

  async shows(name) {
    const width = () => this.thumbnail(name).evaluate((image) => image.naturalWidth);
    await expect(this.thumbnail(name)).toBeVisible({ timeout: 30_000 });
    await expect.poll(width).toBeGreaterThan(0);
  }

  async isSent(name) {
    await expect(this.of(name).locator('[data-file]')).toHaveCount(0, { timeout: 60_000 });
    await expect(this.of(name)).toContainText('On server');
  }

  download(name) {
    return saved(this.desk.page, this.of(name).getByRole('button', { name: `Download ${name}` }));
  }
}

test('a photo attached without a network survives a killed tab and is seen on another device', async ({ device }) => {
  const own = await device('technician@demo', phone);
  await own.desk.openIncident(SCANNERS);
  await own.desk.isInstalled();
  await own.goOffline();
  let files = new Files(own.desk);
  await files.attach(await photo(own.desk.page));
  await files.shows('gateway.jpg');
  await expect(files.of('gateway.jpg')).toContainText('Waiting to be sent');
  await expect(files.of('gateway.jpg')).toContainText('Kept on this device');
  await expect(own.desk.chip).toContainText('1 photo');
  expect(await findings(own.desk.page)).toEqual([]);
  const width = await own.desk.page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, 'nothing is wider than the screen').toBeLessThanOrEqual(390);
  await own.closeTab();
  await own.open();
  await own.desk.openIncident(SCANNERS);
  files = new Files(own.desk);
  await files.shows('gateway.jpg');
  await own.goOnline();
  await files.isSent('gateway.jpg');
  await own.desk.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  const seen = new Files(office.desk);
  await seen.shows('gateway.jpg');
  const thumbnail = await seen.thumbnail('gateway.jpg').evaluate((image) => [image.naturalWidth, image.naturalHeight]);
  expect(thumbnail, 'turned as the camera was held').toEqual([160, 320]);
  await seen.of('gateway.jpg').getByRole('button', { name: 'Look at gateway.jpg' }).click();
  const picture = office.desk.sheet.getByRole('img', { name: 'gateway.jpg' });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image) => [image.naturalWidth, image.naturalHeight])).toEqual([800, 1600]);
  const bytes = await saved(office.desk.page, office.desk.sheet.getByRole('button', { name: 'Download' }));
  expect(bytes.includes('52.3702'), 'the place stays with whoever took it').toBe(false);
  expect(await findings(office.desk.page)).toEqual([]);
  await office.desk.closeSheet();
});

test('a file of a wrong type, an empty one, one too large and one that is no picture are refused with a reason', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.openIncident(SCANNERS);
  const files = new Files(desk);
  const refused = async (file, reason) => {
    await files.input.setInputFiles(file);
    await expect(files.refusal).toContainText(`${file.name} was not attached`);
    await expect(files.refusal).toContainText(reason);
    await expect(files.of(file.name)).toHaveCount(0);
  };
  await refused({ name: 'setup.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ\0\0program') }, 'files of this type are not taken');
  await refused({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<script>alert(1)</script>') }, 'files of this type are not taken');
  await refused({ name: 'empty.log', mimeType: 'text/plain', buffer: Buffer.alloc(0) }, 'it is empty');
  await refused(log('huge.log', 26 * MEGABYTE), 'can have 25 MB at most');
  const torn = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(3_000)]);
  await refused({ name: 'torn.jpg', mimeType: 'image/jpeg', buffer: torn }, 'it cannot be read as a picture');
  await files.attach(log('fine.log', 1_000));
  await expect(files.refusal).toHaveCount(0);
  await files.isSent('fine.log');
});

test('30 MB that wait survive a killed tab, and arrive as they were', async ({ device }) => {
  test.setTimeout(180_000);
  const own = await device('technician@demo');
  await own.desk.openIncident(SCANNERS);
  await own.desk.isInstalled();
  await own.goOffline();
  const logs = [1, 2, 3, 4, 5, 6].map((nth) => log(`trace-${nth}.log`, 5 * MEGABYTE));
  await new Files(own.desk).attach(...logs);
  await own.closeTab();
  await own.open();
  await own.desk.openIncident(SCANNERS);
  await own.desk.isOffline(6);
  await expect(own.desk.chip).toContainText('6 files, 31');
  const centre = await own.desk.openSyncCentre();
  await expect(centre.getByRole('listitem').filter({ hasText: 'trace-6.log' }).last()).toContainText('Waiting to be sent');
  await own.desk.closeSheet();
  await own.goOnline();
  // So much takes its time on a machine that does other things besides.
  await expect(own.desk.chip).toHaveText(/^Up to date/, { timeout: 90_000 });
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  const got = await new Files(office.desk).download('trace-4.log');
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  expect(hash(got)).toBe(hash(logs[3].buffer));
});

test('a file is taken back before anybody has it, and nothing of it waits', async ({ device }) => {
  const own = await device('technician@demo');
  await own.desk.openIncident(SCANNERS);
  await own.desk.isInstalled();
  await own.goOffline();
  const files = new Files(own.desk);
  await files.attach(log('wrong.log', 50_000));
  await own.desk.takeBack('Attached wrong.log');
  await expect(files.of('wrong.log')).toHaveCount(0);
  await expect(own.desk.chip).not.toContainText('1 file');
  await own.goOnline();
  await own.desk.isUpToDate();
});

test('an internal file is seen by staff and lies on no disk in plain', async ({ device }) => {
  const own = await device('technician@demo');
  await own.desk.openIncident(SCANNERS);
  const form = own.desk.page.getByRole('form', { name: 'Write' });
  await form.getByRole('button', { name: 'Internal note', exact: true }).click();
  const files = new Files(own.desk);
  const secret = { name: 'internal.log', mimeType: 'text/plain', buffer: Buffer.from('Quetzalcoatlus is the passphrase.') };
  await files.attach(secret);
  await expect(files.of('internal.log')).toContainText('Internal');
  await files.isSent('internal.log');
  const stage = await own.backstage();
  expect(await plainPlacesOf(stage, 'Quetzalcoatlus')).toEqual([]);
});

test('files wait for Wi-Fi where that is set, and texts do not', async ({ device }) => {
  const own = await device('technician@demo');
  const { desk } = own;
  await desk.openIncident(SCANNERS);
  let centre = await desk.openSyncCentre();
  await expect(centre.getByText('does not say which connection it uses')).toBeVisible();
  await expect(centre.getByRole('checkbox', { name: 'Send files over Wi-Fi only' })).toBeDisabled();
  await desk.closeSheet();
  const [engine] = desk.page.workers();
  const lead = (type) => engine.evaluate((type) => {
    Object.defineProperty(navigator, 'connection', { configurable: true, value: { type } });
  }, type);
  await lead('cellular');
  centre = await desk.openSyncCentre();
  await centre.getByRole('checkbox', { name: 'Send files over Wi-Fi only' }).check();
  await desk.closeSheet();
  const files = new Files(desk);
  await files.attach(log('trace.log', 100_000));
  await desk.note('Said at once.');
  await expect(desk.message('Said at once.')).toContainText('On server', { timeout: 30_000 });
  await expect(files.of('trace.log')).toContainText('Waiting to be sent');
  await expect(desk.chip).toContainText('Waiting for Wi-Fi: 1 file');
  await lead('wifi');
  await files.isSent('trace.log');
  await desk.isUpToDate();
});

test('requester and staff show each other files, but no internal ones', async ({ device }) => {
  const subject = 'My screen flickers';
  const home = await device('user@demo', { at: '/', ...phone });
  await home.desk.report({ subject });
  const own = new Files(home.desk);
  await home.goOffline();
  await home.desk.isOffline();
  await own.attach(await photo(home.desk.page));
  await own.shows('gateway.jpg');
  expect(await findings(home.desk.page)).toEqual([]);
  await home.goOnline();
  await own.isSent('gateway.jpg');
  const office = await device('agent@demo');
  await office.desk.openIncident(subject);
  const seen = new Files(office.desk);
  await seen.shows('gateway.jpg');
  await seen.attach(log('answer.log', 2_000));
  await seen.isSent('answer.log');
  const form = office.desk.page.getByRole('form', { name: 'Write' });
  await form.getByRole('button', { name: 'Internal note', exact: true }).click();
  await seen.attach(log('secret.log', 2_000));
  await seen.isSent('secret.log');
  await expect(own.of('answer.log')).toBeVisible({ timeout: 30_000 });
  expect((await own.download('answer.log')).length).toBe(2_000);
  await expect(own.of('secret.log')).toHaveCount(0);
  const plain = await home.open('/?plain');
  await plain.page.getByRole('link', { name: subject }).click();
  await expect(plain.page.getByRole('link', { name: 'answer.log' })).toBeVisible();
  await expect(plain.page.getByText('secret.log')).toHaveCount(0);
  expect((await saved(plain.page, plain.page.getByRole('link', { name: 'answer.log' }))).length).toBe(2_000);
});

test.describe('over a disturbed line', () => {
  test.use({ disturbed: true });

  test('an upload that is cut in the middle goes on where it was, after what was written', async ({ device, line }) => {
    test.setTimeout(120_000);
    const own = await device('technician@demo');
    await own.desk.openIncident(SCANNERS);
    const files = new Files(own.desk);
    const puts = () => line.requests.filter((one) => one.method === 'PUT' && one.path.startsWith('/blobs/'));
    const heads = () => line.requests.filter((one) => one.method === 'HEAD');
    const big = log('trace.log', 6 * MEGABYTE);
    await files.attach(big);
    await expect.poll(() => puts().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    await own.goOffline();
    await own.desk.isOffline();
    const before = puts().length;
    await own.desk.note('Written while the file was under way.');
    await own.desk.page.reload();
    await own.desk.openIncident(SCANNERS);
    await expect(files.of('trace.log')).toContainText(/Waiting to be sent|Sending/);
    await own.goOnline();
    await files.isSent('trace.log');
    expect(heads().length, 'it is asked where to go on').toBeGreaterThanOrEqual(2);
    const again = puts().slice(before).length;
    expect(again, 'what had arrived is not sent twice').toBeLessThan(20);
    const resumed = puts()[before].at;
    const pushed = line.requests.filter((one) => one.path === '/sync/push' && one.status === 200).map((one) => one.at);
    expect(pushed.some((at) => at < resumed && at > puts()[before - 1].at), 'texts first').toBe(true);
    const office = await device('agent@demo', { direct: true });
    await office.desk.openIncident(SCANNERS);
    const got = await new Files(office.desk).download('trace.log');
    expect(got.equals(big.buffer)).toBe(true);
  });

  test('a file whose author has not sent it, and one that is not here offline, say so', async ({ device, line }) => {
    const own = await device('technician@demo');
    await own.desk.openIncident(SCANNERS);
    const heal = line.answerItself('/blobs/', { status: 503, body: 'later' });
    const files = new Files(own.desk);
    await files.attach(await photo(own.desk.page));
    await expect(files.of('gateway.jpg')).toContainText('On server', { timeout: 30_000 });
    await expect(files.of('gateway.jpg')).toContainText('Waiting to be sent');
    const office = await device('agent@demo', { direct: true });
    await office.desk.openIncident(SCANNERS);
    const seen = new Files(office.desk);
    await expect(seen.of('gateway.jpg')).toContainText('Not sent yet', { timeout: 30_000 });
    await office.desk.isInstalled();
    await office.goOffline();
    await office.desk.isOffline();
    heal();
    const centre = await own.desk.openSyncCentre();
    await centre.getByRole('button', { name: 'Try now' }).click();
    await own.desk.closeSheet();
    await files.isSent('gateway.jpg');
    await expect(seen.of('gateway.jpg')).toContainText('Not on this device', { timeout: 60_000 });
    await office.goOnline();
    await seen.shows('gateway.jpg');
  });
});

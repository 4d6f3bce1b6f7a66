// The service worker: a version is whole or absent, and a new one waits until it is asked.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test.use({ disturbed: true });

// A page that is just being loaded anew has no answer.
const caches = (page) => page.evaluate(() => window.caches.keys()).catch(() => undefined);

test('a version of which one file is missing is not installed', async ({ device, line }) => {
  const heal = line.answerItself('/assets/text-de', { status: 500 });
  const phone = await device('technician@demo');
  const { desk } = phone;
  phone.expectErrors(/500|text-de/);
  const failed = () => line.requests.some((one) => one.path.startsWith('/assets/text-de'));
  await expect.poll(failed).toBe(true);
  await expect.poll(() => caches(desk.page)).toEqual([]);
  const state = () =>
    desk.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      return registration?.active?.state ?? 'none';
    });
  await expect.poll(state).toBe('none');
  heal();
  await desk.page.reload();
  await desk.isInstalled();
  const [name] = await caches(desk.page);
  const paths = await desk.page.evaluate(async (name) => {
    const cache = await window.caches.open(name);
    return (await cache.keys()).map((request) => new URL(request.url).pathname);
  }, name);
  for (const part of ['/console', '/assets/console-', '/assets/engine-', '/assets/style-', '/assets/text-de-']) {
    expect(paths.some((path) => path.startsWith(part)), part).toBe(true);
  }
});

test('a new version waits, says so, and restarts with the draft', async ({ device, line }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.isInstalled();
  const [before] = await caches(desk.page);
  await desk.entry.fill('A sentence that must not be lost');
  line.rewrite(/^\/sw\.js$/, (text) => text.replace(before.replace('holdfast-', ''), 'ffffffffffff'));
  await desk.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
  });
  const banner = desk.page.getByText('New version ready.');
  await expect(banner).toBeVisible();
  await expect.poll(() => caches(desk.page)).toContain('holdfast-ffffffffffff');
  // Nothing happens until it is asked.
  await expect(desk.entry).toHaveValue('A sentence that must not be lost');
  await desk.entry.press('End');
  await desk.entry.pressSequentially('!');
  await desk.page.getByRole('button', { name: 'Restart' }).click();
  await expect.poll(() => caches(desk.page)).toEqual(['holdfast-ffffffffffff']);
  await desk.shows(SCANNERS);
  await expect(desk.entry).toHaveValue('A sentence that must not be lost!');
  await expect(banner).toHaveCount(0);
  await desk.isUpToDate();
});

test('a part of the page that did not come says so, and comes when it is asked for again', async ({ device, line }) => {
  const heal = line.answerItself('/assets/console-split_sheets', { status: 500 });
  const phone = await device('technician@demo');
  phone.expectErrors(/500|split_sheets|instantiateStreaming|MIME/);
  const { desk } = phone;
  await desk.page.getByRole('button', { name: 'New', exact: true }).first().click();
  await expect(desk.page.getByText('This part of the page has not come.')).toBeVisible();
  await expect(desk.sheet).toBeHidden();
  heal();
  await desk.page.getByRole('button', { name: 'Try again' }).click();
  await expect(desk.sheet.getByLabel('Subject')).toBeVisible();
});

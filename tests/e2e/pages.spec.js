// Every page in every look: nothing that shuts people out, nothing wider than the screen. What the
// pages look like is kept in `output` for whoever wants to see it.
import { findings } from './support/axe.js';
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

const screens = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desk: { viewport: { width: 1440, height: 900 } },
};

for (const [size, screen] of Object.entries(screens)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page on a ${size}, ${colorScheme}`, async ({ device }) => {
      const own = await device(undefined, { ...screen, colorScheme });
      const { desk } = own;
      const { page } = desk;
      const look = async (name) => {
        await page.screenshot({ path: `output/${name}-${size}-${colorScheme}.png` });
        expect.soft(await findings(page), name).toEqual([]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect.soft(width, `${name} is as wide as the screen`).toBeLessThanOrEqual(screen.viewport.width);
      };

      await expect(page.getByLabel('Login')).toBeVisible();
      await look('sign-in');
      await desk.signIn('technician@demo');
      await expect(desk.rows.first()).toBeVisible();
      await look('queue');
      await desk.openIncident('Hall 3: no Wi-Fi');
      if (size === 'desk') await desk.filter('');
      await look('incident');
      if (size === 'phone') {
        await desk.turnTo('Properties');
        await look('properties');
      }
      await desk.turnTo('History');
      await look('history');
      await desk.turnTo('Conversation');

      const office = await device('agent@demo');
      await own.goOffline();
      await desk.note('Written in a dead zone.');
      await desk.isOffline();
      await look('offline');
      if (size === 'phone') await desk.turnTo('Properties');
      await desk.choose('Urgency', 'low');
      await expect(desk.property('Urgency')).toHaveValue('low');
      await office.desk.openIncident('Hall 3: no Wi-Fi');
      await office.desk.choose('Urgency', 'medium');
      await office.desk.isUpToDate();
      if (size === 'phone') await desk.turnTo('Conversation');
      await desk.openSyncCentre();
      await expect(desk.sheet.getByText('2 changes wait to be sent')).toBeVisible();
      await look('sync-centre');
      await desk.closeSheet();
      await own.goOnline();
      await expect(desk.clash).toHaveCount(1);
      await look('conflict');
      if (size === 'phone') await page.goBack();
      await desk.beginNew({ requester: 'Oliwia Kaczmarek', subject: 'Label printer of gate 2 is silent' });
      await look('new-incident');
    });
  }
}

test('paper shows the whole queue, or the open incident alone', async ({ device }) => {
  const { desk } = await device('technician@demo');
  const { page } = desk;
  const print = async (look) => {
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    await look();
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    await page.emulateMedia({ media: null });
  };
  await print(async () => {
    // The list may still grow after the chip says that all is here.
    await expect.poll(async () => (await desk.rows.count()) - (await desk.count())).toBe(0);
    expect(await desk.rows.count(), 'more than a screen shows').toBeGreaterThan(30);
    await expect(desk.rows.last()).toBeVisible();
    await expect(desk.filterBox).toBeHidden();
    await expect(page.getByText('Choose an incident from the list.')).toBeHidden();
  });
  await desk.openIncident('Hall 3: no Wi-Fi');
  await print(async () => {
    await expect(desk.talk).toBeVisible();
    await expect(desk.property('Urgency')).toBeVisible();
    await expect(desk.rows.first()).toBeHidden();
    await expect(desk.detail.getByRole('button', { name: 'History' })).toBeHidden();
    await expect(desk.entry).toBeHidden();
  });
});

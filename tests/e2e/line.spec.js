// Answers that are not the server's: the device backs off and what waits stays.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test.use({ disturbed: true });

for (const [what, answer] of [
  ['rubbish', { status: 200, type: 'application/cbor', body: Buffer.alloc(300, 0xff) }],
  ['a page of a captive portal', { status: 200, type: 'text/html', body: '<h1>Welcome to the hotel</h1>' }],
  ['400', { status: 400, type: 'application/problem+json', body: '{"status":400}' }],
  ['413', { status: 413, type: 'text/html', body: 'too large' }],
  ['500', { status: 500, body: 'oops' }],
]) {
  test(`a push answered with ${what} waits and goes out later, once`, async ({ device, line }) => {
    const phone = await device('technician@demo');
    const { desk } = phone;
    await desk.openIncident(SCANNERS);
    const heal = line.answerItself('/sync/push', answer);
    const before = line.timesOf('/sync/push').length;
    await desk.note(`Met ${what}.`);
    await expect(desk.chip).toHaveAttribute('data-state', /^(attention|offline)$/);
    await expect(desk.chip).toContainText('1 change kept on this device');
    // A push too large is first tried in smaller parts, at once.
    const shrinking = answer.status === 413 ? 9 : 1;
    const tries = () => line.timesOf('/sync/push').slice(before + shrinking - 1);
    await expect.poll(() => tries().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    const [first, second, third] = tries();
    expect(second - first).toBeGreaterThan(400);
    expect(third - second).toBeGreaterThan(900);
    await desk.page.reload();
    await expect(desk.chip).toContainText('1 change kept on this device');
    heal();
    const centre = await desk.openSyncCentre();
    await centre.getByRole('button', { name: 'Try now' }).click();
    await expect(centre).toContainText('Up to date');
    await desk.closeSheet();
    const office = await device('agent@demo');
    await office.desk.openIncident(SCANNERS);
    await expect(office.desk.message(`Met ${what}.`)).toHaveCount(1);
  });
}

test('pulls answered with rubbish change nothing on the device', async ({ device, line }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  const count = await desk.rows.count();
  const heal = line.answerItself('/sync/pull', {
    status: 200,
    type: 'application/cbor',
    body: Buffer.alloc(2_000, 0xa5),
  });
  await desk.page.reload();
  await expect(desk.chip).toHaveAttribute('data-state', /^(attention|offline)$/);
  await desk.shows(SCANNERS);
  await expect(desk.rows).toHaveCount(count);
  heal();
  const centre = await desk.openSyncCentre();
  await centre.getByRole('button', { name: 'Try now' }).click();
  await expect(centre).toContainText('Up to date');
});

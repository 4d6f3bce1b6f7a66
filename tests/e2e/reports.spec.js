// The first view of a manager, with a network and without.
import { expect, test } from './support/test.js';

const complete = (desk) => desk.page.locator('.report .complete');
const number = (desk, place) => desk.page.locator(place).first();

/** Opens a number's list and says that it holds so many. */
async function opens(desk, link, lead) {
  const count = Number(await link.locator('b').innerText());
  await link.click();
  await expect(desk.page).toHaveURL(lead);
  await expect.poll(() => desk.count()).toBe(count);
  await desk.page.goBack();
  await expect(desk.page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  return count;
}

async function everyNumberOpensItsList(desk) {
  const { page } = desk;
  const open = await opens(desk, number(desk, '.tiles a'), /\/console$/);
  expect(open).toBeGreaterThan(0);
  await opens(desk, page.getByRole('link', { name: 'At risk' }), /risk=at_risk/);
  await opens(desk, page.getByRole('link', { name: 'Breached' }), /risk=breached/);
  let sum = 0;
  for (const [at, state] of ['new', 'assigned', 'in_progress', 'on_hold'].entries()) {
    const link = page.locator('.report section').nth(0).getByRole('link').nth(at);
    sum += await opens(desk, link, new RegExp(`state=${state}`));
  }
  expect(sum).toBe(open);
  await opens(desk, page.getByRole('link', { name: 'P3' }), /priority=P3/);
  await opens(desk, page.getByRole('link', { name: 'Network' }), /group=network/);
  await opens(desk, page.getByRole('link', { name: 'No group' }), /group=/);
  for (const column of [0, 1]) {
    const link = page.locator('.days tbody tr').first().getByRole('link').nth(column);
    await opens(desk, link, column === 0 ? /view=all&opened=/ : /view=all&resolved=/);
  }
  await expect(page.locator('.days tbody tr')).toHaveCount(14);
}

test('a manager begins with how the work stands, and every number opens its list', async ({ device, server }) => {
  test.setTimeout(120_000);
  const office = await device('manager@demo');
  const { desk } = office;
  await expect(desk.page).toHaveURL(/\/console\/reports$/);
  await expect(complete(desk)).toHaveText(/^Complete to .+ 0 devices not yet back\.$/);
  await everyNumberOpensItsList(desk);

  await test.step('without a network the numbers stay, and the page says since when', async () => {
    await desk.isInstalled();
    const told = await desk.page.locator('.tiles').innerText();
    await office.goOffline();
    await desk.isOffline();
    await desk.page.reload();
    await expect(desk.page.locator('.tiles')).toHaveText(told.replaceAll('\n', ''), { useInnerText: false });
    await expect(complete(desk)).toHaveText(/^Offline\. Complete to .+ 0 devices were not back at .+\.$/);
    await everyNumberOpensItsList(desk);
    await office.goOnline();
  });

  await test.step('what somebody else does is counted', async () => {
    await desk.isUpToDate();
    await expect(complete(desk)).toHaveText(/^Complete to/);
    const resolved = desk.page.locator('.days tbody tr').first().getByRole('link').nth(1).locator('b');
    const before = Number(await resolved.innerText());
    const other = await device('agent@demo');
    await other.desk.openIncident('Till 3 prints no receipts');
    await other.desk.resolve('Fixed', 'New paper.');
    await expect(resolved).toHaveText(String(before + 1));
  });
  expect(server.log).not.toContain('ERROR');
});

test('only who oversees the work is led to the overview', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await expect(desk.page).toHaveURL(/\/console$/);
  await expect(desk.page.getByRole('link', { name: 'Overview' })).toHaveCount(0);
  const lead = await device('incident-manager@demo');
  // Who works on incidents begins with them.
  await expect(lead.desk.page).toHaveURL(/\/console$/);
  await lead.desk.page.getByRole('link', { name: 'Overview' }).click();
  await expect(lead.desk.page).toHaveURL(/\/console\/reports$/);
  await expect(lead.desk.page.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  await lead.desk.look('Unassigned');
  await expect(lead.desk.rows.first()).toBeVisible();
});

// Service levels as people read them: what is left, what is late, what pauses, and why.
import { expect, test } from './support/test.js';

const GATE = 'Gate 4 does not open';
const MINUTE = 60_000;

test('a clock says in words what is left, what is late and what pauses', async ({ device }) => {
  // Rows look at the time every twenty seconds.
  test.setTimeout(120_000);
  const { desk } = await device('agent@demo');
  const { page } = desk;
  const levels = desk.detail.getByTestId('levels').getByRole('button');
  await desk.createIncident({ caller: 'A visitor', contact: 'at the gate', subject: GATE });
  await desk.choose('Impact', 'high');
  await desk.choose('Urgency', 'high');
  await desk.isUpToDate();
  const begun = Date.now();

  await test.step('a new incident runs', async () => {
    await expect(levels).toHaveText(['Respond within 0:15', 'Resolve within 4:00']);
    await expect(levels.first()).toHaveAttribute('data-risk', 'safe');
    await expect(desk.row(GATE).locator('.age')).toContainText('0:15 left');
  });

  await test.step('as time goes by it is at risk, then late', async () => {
    // Alone in the list, the row stays in sight when it comes to be the most urgent.
    await desk.filter(GATE);
    await page.clock.setFixedTime(begun + 12 * MINUTE);
    await expect(levels.first()).toHaveText(/^Respond within 0:0[34]$/);
    await expect(levels.first()).toHaveAttribute('data-risk', 'risk');
    await page.clock.setFixedTime(begun + 20 * MINUTE);
    await expect(levels.first()).toHaveText(/^Response overdue by 0:0[56]$/);
    await expect(levels.first()).toHaveAttribute('data-risk', 'late');
    const age = desk.row(GATE).locator('.age');
    await expect(age).toHaveText(/^0:0[56] over$/, { timeout: 45_000 });
    await page.clock.setFixedTime(begun);
  });

  await test.step('waiting for the caller pauses it', async () => {
    await desk.hold('the caller', 'Which gate do you mean?');
    await expect(levels).toHaveText(['Responded in time', 'Paused: waiting for the caller']);
    await desk.isUpToDate();
    await expect(desk.row(GATE).locator('.age')).toContainText('paused');
  });

  await test.step('a click says why', async () => {
    await levels.last().click();
    await expect(desk.sheet).toContainText('P1: resolve within 4:00.');
    const segments = desk.sheet.getByRole('listitem');
    await expect(segments.last()).toContainText('On hold: the caller does not count');
    await desk.closeSheet();
    await desk.press('Go on');
    // The page may not have looked at the time since it was set back.
    await expect(levels.last()).toHaveText(/^Resolve within (4:00|3:[45]\d)$/);
    await desk.resolve('Fixed', 'The sensor was dirty.');
    await expect(levels).toHaveText(['Responded in time', 'Resolved in time']);
  });
});

test('open work is sorted by risk and can be narrowed to what is late', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  const filters = page.locator('.filters');
  const byRisk = filters.getByRole('button', { name: 'By risk' });
  await expect(byRisk).toHaveAttribute('aria-pressed', 'true');
  await expect(desk.rows.first().locator('.age')).toHaveAttribute('data-risk', 'late');
  const all = await desk.count();
  const late = filters.getByRole('button', { name: /^Breached/ });
  const count = Number.parseInt((await late.innerText()).match(/\d+/)[0], 10);
  await late.click();
  await expect.poll(() => desk.count()).toBe(count);
  expect(count).toBeLessThan(all);
  await expect(page).toHaveURL(/risk=breached/);
  await late.click();
  await byRisk.click();
  await expect(page).toHaveURL(/order=priority/);
  await expect(desk.rows.first().locator('.priority')).toHaveText('P1');
  await expect.poll(() => desk.count()).toBe(all);
});

test('a priority that somebody sets holds over the matrix, says why and can be left to it again', async ({ device }) => {
  const [agent, lead] = [await device('agent@demo'), await device('incident-manager@demo')];
  const { desk } = agent;
  const chip = (of) => of.detail.getByRole('button', { name: /^Priority P\d: override$/ });
  const why = 'The board meets behind that gate.';
  await desk.createIncident({ caller: 'A visitor', contact: 'at the gate', subject: GATE });
  await expect(chip(desk)).toHaveText('P4');
  const set = async (priority, words) => {
    await chip(desk).click();
    await desk.sheet.getByRole('combobox', { name: 'Priority' }).selectOption({ label: priority });
    await desk.sheet.getByRole('textbox').fill(words);
    await desk.sheet.getByRole('button', { name: 'Set priority' }).click();
    await expect(desk.sheet).toBeHidden();
  };
  await set('P1', why);
  await expect(chip(desk)).toHaveText('P1');
  await expect(desk.detail).toContainText(why);
  await desk.choose('Urgency', 'high');
  await expect(chip(desk)).toHaveText('P1');
  await expect(desk.row(GATE).locator('.priority')).toHaveText('P1');
  await desk.isUpToDate();
  await lead.desk.filter('state:new priority:p1');
  await lead.desk.row(GATE).click();
  await expect(chip(lead.desk)).toHaveText('P1');
  await expect(lead.desk.detail).toContainText(why);

  await set('by impact and urgency', 'The meeting is over.');
  await expect(chip(desk)).toHaveText('P3');
  await desk.takeBack('Priority');
  await expect(chip(desk)).toHaveText('P1');
});

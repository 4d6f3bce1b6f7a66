// Finding incidents: by words in any script, by what the chips count, by an address.
import { expect, test } from './support/test.js';

/** What the row says of the words found. */
function marks(desk) {
  return desk.rows.locator('mark');
}

function tag(desk, name) {
  return desk.page.locator('.filters button.tag').filter({ hasText: name });
}

/** How many incidents a chip promises. */
async function promised(desk, name) {
  return Number(await tag(desk, name).locator('.count').innerText());
}

test('words are found by their beginnings, whatever their case, accents and script', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.createIncident({ caller: 'Ångström Ødegård', contact: '1', subject: 'Straße gesperrt: Prüfgerät fehlt' });
  await desk.createIncident({ caller: 'Γιώργος', contact: '2', subject: 'الطابعة لا تعمل 🖨' });
  await desk.createIncident({ caller: '田中', contact: '3', subject: '社内VPNに接続できない' });
  for (const [typed, found, shown] of [
    ['strasse PRUF', 'Straße gesperrt', ['Straße', 'Prüf']],
    ['odegard angs', 'Straße gesperrt', ['Ångs', 'Ødegård']],
    ['ΓΙΩΡΓ', 'الطابعة', ['Γιώργ']],
    ['الطابعه', undefined, []],
    ['الطاب 🖨', 'الطابعة', ['الطاب', '🖨']],
    ['接続', '社内VPN', ['接続']],
    ['vpn 田', '社内VPN', ['VPN', '田']],
    ['erfgerät', undefined, []],
  ]) {
    await desk.filter(typed);
    await expect(desk.rows).toHaveCount(found ? 1 : 0);
    if (found) await expect(desk.rows).toContainText(found);
    await expect(marks(desk)).toHaveText(shown);
  }
  const markup = 'The page shows <mark>&amp; for a sign';
  await desk.createIncident({ caller: 'Ira', contact: '4', subject: markup });
  await desk.filter('sign page');
  await expect(marks(desk)).toHaveText(['page', 'sign']);
  await desk.filter('<mark>&amp;');
  await expect(desk.rows).toHaveCount(1);
  await expect(desk.rows).toContainText(markup);
  await expect(marks(desk)).toHaveText(['mark', 'amp']);
  await desk.filter('<mark>&lt;');
  await expect(desk.rows).toHaveCount(0);
  await expect(marks(desk)).toHaveCount(0);
});

test('numbers, people, groups, categories and sites are found, and the row says why', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.filter('INC-1054');
  await expect(desk.rows).toHaveCount(1);
  await expect(desk.rows).toContainText('Scanners drop out');
  await desk.filter('inc1054');
  await expect(desk.rows).toHaveCount(1);
  await expect(marks(desk).filter({ hasText: 'INC-1054' })).toBeVisible();
  await desk.filter('scanners drop zielinski');
  await expect(desk.rows).toHaveCount(0);
  await desk.filter('boehm');
  await expect(marks(desk).filter({ hasText: /^Böhm$/ })).not.toHaveCount(0);
  await desk.openIncident('Forklift terminal 12');
  for (const label of ['Assignee', 'Group', 'Category', 'Site']) {
    const chosen = await desk.property(label).locator('option:checked').innerText();
    const word = chosen.split(/[^\p{L}]+/u).find((part) => part.length > 3) ?? chosen;
    await desk.filter(`forklift ${word}`);
    await expect(desk.row('Forklift terminal 12'), `${label}: ${word}`).toBeVisible();
    await expect(marks(desk).filter({ hasText: word })).not.toHaveCount(0);
  }
});

test('the chips count what each would show, follow the typing, and the address keeps the choice', async ({ device }) => {
  const phone = await device('agent@demo');
  const { desk } = phone;
  await desk.look('All open');
  const before = await promised(desk, 'P3');
  await desk.filter('category');
  await expect(tag(desk, 'P3').locator('.count')).not.toHaveText(String(before));
  for (const name of ['My groups', 'In progress', 'P3']) {
    const count = await promised(desk, name);
    await tag(desk, name).click();
    await expect(tag(desk, name)).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(() => desk.count()).toBe(count);
  }
  const address = desk.page.url();
  expect(address).toContain('q=category');
  expect(address).toContain('whose=groups');
  const shown = await desk.count();
  const other = await phone.open(address.replace(phone.server.origin, ''));
  await other.isUpToDate();
  await expect.poll(() => other.count()).toBe(shown);
  await expect(other.filterBox).toHaveValue('category');
  await expect(tag(other, 'My groups')).toHaveAttribute('aria-pressed', 'true');
});

test('the chips take one line until more is asked for, and what is chosen stays in sight', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.look('All open');
  const chips = desk.page.locator('.tags > .tag');
  const lines = () =>
    chips.evaluateAll((nodes) => new Set(nodes.map((node) => Math.round(node.getBoundingClientRect().top))).size);
  await expect(chips).not.toHaveCount(0);
  await expect.poll(lines).toBe(1);
  await expect(tag(desk, 'P4')).not.toBeInViewport();
  const more = desk.page.getByText('More', { exact: true });
  await more.click();
  await expect(tag(desk, 'P4')).toBeInViewport({ ratio: 1 });
  expect(await lines()).toBeGreaterThan(1);
  await tag(desk, 'P3').click();
  await desk.page.getByText('Less', { exact: true }).click();
  await expect.poll(lines).toBe(1);
  await expect(tag(desk, 'P3')).toHaveAttribute('aria-pressed', 'true');
  await expect(tag(desk, 'P3')).toBeInViewport({ ratio: 1 });
  // Where there is room for all there is nothing to ask for.
  await desk.filter('scanners drop out');
  await expect(desk.rows).toHaveCount(1);
  await tag(desk, 'P3').click();
  await expect(more).toBeHidden();
});

test('an address with a group and a day narrows the list until the chips are dismissed', async ({ device }) => {
  const phone = await device('agent@demo');
  await phone.desk.createIncident({ caller: 'Ira', contact: '1', subject: 'Opened today, whatever the hour' });
  await phone.desk.choose('Group', 'network');
  await phone.desk.isUpToDate();
  const today = await phone.desk.page.evaluate(() => new Date().toLocaleDateString('sv'));
  const desk = await phone.open(`/console?view=all&group=network&opened=${today}`);
  await desk.isUpToDate();
  const narrow = await desk.count();
  expect(narrow).toBeGreaterThan(0);
  await desk.page.getByRole('button', { name: /^Opened .+: remove this filter$/ }).click();
  await expect.poll(() => desk.count()).toBeGreaterThan(narrow);
  await desk.page.getByRole('button', { name: 'Network: remove this filter' }).click();
  await expect(desk.page).toHaveURL(/\/console\?view=all$/);
  // What no address of ours says is left out.
  const odd = await phone.open('/console?view=all&opened=2026-13-45&state=lost&whose=mine%27s');
  await odd.isUpToDate();
  await expect.poll(() => odd.count()).toBe(await desk.count());
});

test('fields, phrases and what must not be there narrow the list, and what is not understood is said', async ({ device }) => {
  const { desk } = await device('technician@demo');
  await desk.createIncident({ caller: 'Ira', contact: '1', subject: 'Paper jam in the tray of the label printer' });
  await desk.look('Assigned to me');
  const mine = await desk.count();
  await desk.look(/^All \d/);
  await desk.filter('assignee:me state:open');
  await expect.poll(() => desk.count()).toBe(mine);
  await desk.filter('state:open "paper jam" -vpn opened:<1h');
  await expect(desk.rows).toHaveCount(1);
  await expect(marks(desk)).toHaveText(['Paper jam']);
  for (const nothing of ['"jam paper"', 'state:open "paper jam" -tray', '"paper jam" state:closed', '"paper jam" opened:>1h']) {
    await desk.filter('"paper jam"');
    await expect(desk.rows).toHaveCount(1);
    await desk.filter(nothing);
    await expect(desk.rows).toHaveCount(0);
  }
  await desk.filter('"paper jam" asignee:me');
  const help = desk.page.locator('.search-help');
  await expect(help).toContainText('There is no field “asignee”');
  await help.getByRole('button', { name: 'Use assignee' }).click();
  await expect(desk.filterBox).toHaveValue('"paper jam" assignee:me');
  await expect(help).not.toContainText('There is no field');
  await desk.filter('risk:braeched ');
  await expect(help).toContainText('“braeched” is not a value of risk. Possible: breached, at-risk, safe.');
  await desk.filter('group:nowhere');
  await expect(help).toContainText('is called so: group:nowhere.');
  await expect(desk.rows).toHaveCount(0);
  // The same link shows the same list.
  await desk.filter('"paper jam" -state:closed');
  await desk.page.reload();
  await expect(desk.rows).toHaveCount(1);
  await expect(desk.filterBox).toHaveValue('"paper jam" -state:closed');
});

test('a search is gone on with by keyboard and by pointer, also without a network', async ({ device }) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.look(/^All \d/);
  await desk.isInstalled();
  await phone.goOffline();
  await desk.isOffline();
  const offers = desk.page.getByRole('group', { name: 'Suggestions' }).getByRole('button');
  await desk.filterBox.click();
  await desk.page.keyboard.type('opened:>1h sta');
  await expect(offers).toHaveText(['state:']);
  await desk.page.keyboard.press('ArrowDown');
  await desk.page.keyboard.press('Enter');
  await expect(desk.filterBox).toHaveValue('opened:>1h state:');
  await expect(desk.filterBox).toBeFocused();
  await desk.page.keyboard.type('on');
  await expect(offers).toHaveText(['on-hold']);
  // What is on its way hides nothing yet, and keys on an offer are not for the page.
  await expect.poll(() => desk.count()).toBeGreaterThan(1);
  await desk.page.keyboard.press('ArrowDown');
  await desk.page.keyboard.press('Escape');
  await expect(desk.filterBox).toBeFocused();
  await desk.page.keyboard.press('ArrowDown');
  await desk.page.keyboard.press('n');
  await expect(desk.filterBox).toHaveValue('opened:>1h state:onn');
  await expect(desk.sheet).toHaveCount(0);
  // In the middle of a line, beside what stands there.
  await desk.filter('risk:safe');
  await desk.page.keyboard.press('Home');
  await desk.page.keyboard.type('sta ');
  await desk.page.keyboard.press('ArrowLeft');
  await offers.first().click();
  await expect(desk.filterBox).toHaveValue('state: risk:safe');
  await expect(offers.first()).toHaveText('open');
  await offers.first().click();
  await desk.page.keyboard.type('label ');
  await expect(desk.filterBox).toHaveValue('state:open label risk:safe');
  // The first Escape closes what is offered, the second clears the line.
  await desk.filter('assignee:t');
  await expect(offers.first()).toBeVisible();
  await desk.page.keyboard.press('Escape');
  await expect(offers.first()).not.toBeVisible();
  await expect(desk.filterBox).toHaveValue('assignee:t');
  await desk.page.keyboard.press('Escape');
  await expect(desk.filterBox).toHaveValue('');
  await desk.filter('assignee:techn');
  await offers.first().click();
  await expect(desk.filterBox).toHaveValue('assignee:technician@demo ');
  await expect(desk.filterBox).toBeFocused();
  await desk.page.keyboard.type('state:open');
  await expect(desk.filterBox).toHaveValue('assignee:technician@demo state:open');
  await expect(offers).toHaveCount(0);
  await expect.poll(() => desk.count()).toBeGreaterThan(0);
});

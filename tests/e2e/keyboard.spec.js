// Working by keys: they act wherever nobody is typing, and are letters where somebody is.
import { databases, occupy } from './support/storage.js';
import { expect, test } from './support/test.js';

test('J, K, Enter and / work the queue', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  const cursor = page.locator('[data-testid="row"][aria-selected="true"]');
  // The key that leads to the filter stands in it until it is there.
  const hint = () => page.evaluate(() => getComputedStyle(document.querySelector('.filters'), '::after').content);
  expect(await hint()).toContain('"/"');
  await page.keyboard.press('j');
  await expect(cursor).toHaveAttribute('aria-posinset', '1');
  // The focus goes along, so that a screen reader says the row.
  await expect(page.getByRole('listbox')).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(cursor).toHaveAttribute('aria-posinset', '3');
  await page.keyboard.press('k');
  await expect(cursor).toHaveAttribute('aria-posinset', '2');
  const subject = await cursor.locator('.subject').innerText();
  await page.keyboard.press('Enter');
  await desk.shows(subject);
  await page.keyboard.press('/');
  await expect(desk.filterBox).toBeFocused();
  expect(await hint()).toBe('none');
  await page.keyboard.type('hall 3 offline');
  await expect(desk.rows).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(desk.filterBox).not.toBeFocused();
  await expect(desk.filterBox).toHaveValue('');
  await page.keyboard.press('r');
  await expect(desk.entry).toBeFocused();
});

test('keys act on the open incident, and ? says what each does', async ({ device }) => {
  const { desk } = await device('technician@demo');
  const { page } = desk;
  await desk.openIncident('Scanners drop out between aisle 40 and 46');
  await desk.filterBox.blur();
  await page.keyboard.press('i');
  await expect(desk.property('Assignee')).toHaveValue(/^\d+$/);
  await page.keyboard.press('s');
  await expect(desk.state).toHaveText('In progress');
  await page.keyboard.press('a');
  await expect(desk.property('Assignee')).toBeFocused();
  // Whoever leaves the list again gives the incident to nobody by the next key.
  const assignee = await desk.property('Assignee').inputValue();
  await page.keyboard.press('Escape');
  await page.keyboard.press('r');
  await expect(desk.entry).toBeFocused();
  await desk.entry.blur();
  await expect(desk.property('Assignee')).toHaveValue(assignee);
  await page.keyboard.press('p');
  await expect(desk.sheet.getByRole('heading', { name: 'Override the priority' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('e');
  await expect(desk.detail.getByRole('textbox', { name: 'Subject' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('c');
  await expect(desk.page.getByRole('button', { name: 'Add note' })).toBeVisible();
  await expect(desk.entry).toBeFocused();
  await desk.entry.blur();
  await page.keyboard.press('?');
  await expect(desk.sheet.getByRole('heading', { name: 'All keys' })).toBeVisible();
  await desk.sheet.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('p');
  await page.keyboard.press('?');
  await expect(desk.sheet).toHaveCount(0);
});

test('a link on the page opens another tab when the browser is asked for one', async ({ device }) => {
  const { desk } = await device('agent@demo');
  await desk.openIncident('Till 3 prints no receipts');
  for (const name of ['Holdfast', /^All open/]) {
    const opened = desk.page.context().waitForEvent('page');
    await desk.page.getByRole('link', { name }).click({ modifiers: ['ControlOrMeta'] });
    await (await opened).close();
    await desk.shows('Till 3 prints no receipts');
  }
});

test('shortcuts are letters while somebody types', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await desk.openIncident('Till 3 prints no receipts');
  const address = page.url();
  await desk.entry.focus();
  await page.keyboard.type('jk / n r jkn');
  await expect(desk.entry).toHaveValue('jk / n r jkn');
  expect(page.url()).toBe(address);
  await expect(desk.sheet).toHaveCount(0);
  await desk.press('Resolve…');
  await desk.sheet.getByRole('textbox').fill('');
  await page.keyboard.type('njk/');
  await expect(desk.sheet.getByRole('textbox')).toHaveValue('njk/');
  await page.keyboard.press('Escape');
  await expect(desk.sheet).toHaveCount(0);
  expect(page.url()).toBe(address);
});

test('whoever hits keys by mistake switches single keys off, and those with names stay', async ({ device }) => {
  const phone = await device('agent@demo');
  const { desk } = phone;
  const { page } = desk;
  const cursor = page.locator('[data-testid="row"][aria-selected="true"]');
  const choice = page.getByRole('button', { name: 'Single-key shortcuts' });
  const hint = page.getByText('J K Enter');
  const turn = async () => {
    await page.getByRole('button', { name: /: menu$/ }).click();
    await choice.click();
    await page.keyboard.press('Escape');
  };
  await expect(hint).toBeVisible();
  await turn();
  await expect(hint).toHaveCount(0);
  await page.reload();
  await desk.isUpToDate();
  await expect(hint).toHaveCount(0);
  await page.getByRole('listbox').focus();
  for (const key of ['j', 'k', '/', 'n', 'r', 'z']) await page.keyboard.press(key);
  await expect(page.getByRole('listbox')).toBeFocused();
  await expect(cursor).toHaveCount(0);
  await expect(desk.sheet).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await expect(cursor).toHaveAttribute('aria-posinset', '1');
  await page.keyboard.press('Enter');
  await expect(desk.name).toBeVisible();
  // What takes an act back no longer names a key that does not.
  const urgency = await desk.property('Urgency').inputValue();
  await desk.choose('Urgency', urgency === 'high' ? 'low' : 'high');
  await desk.detail.press('z');
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  await expect(undo).not.toHaveAttribute('aria-keyshortcuts');
  await undo.click();
  await expect(desk.property('Urgency')).toHaveValue(urgency);
  await page.keyboard.press('Escape');
  await turn();
  await expect(hint).toBeVisible();
  await page.keyboard.press('/');
  await expect(desk.filterBox).toBeFocused();
});

test('Z takes the last act back from the overview too', async ({ device }) => {
  const { desk } = await device('incident-manager@demo');
  await desk.openIncident('Till 3 prints no receipts');
  const urgency = await desk.property('Urgency').inputValue();
  const other = urgency === 'high' ? 'low' : 'high';
  await desk.choose('Urgency', other);
  await expect(desk.property('Urgency')).toHaveValue(other);
  await desk.page.getByRole('link', { name: 'Overview' }).click();
  await expect(desk.page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await desk.page.keyboard.press('z');
  await desk.shows('Till 3 prints no receipts');
  await expect(desk.property('Urgency')).toHaveValue(urgency);
});

test('an empty new incident asks for its requester first, then for its subject', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await page.keyboard.press('n');
  const finder = desk.sheet.getByRole('combobox', { name: 'Requester' });
  await finder.press('Enter');
  await expect(finder).toBeFocused();
  await expect(finder).toHaveAccessibleDescription(/Say who reports it/);
  await finder.fill('A visitor');
  await expect(finder).not.toHaveAttribute('aria-invalid');
  await finder.press('Control+Enter');
  const subject = desk.sheet.getByLabel('Subject');
  await expect(subject).toBeFocused();
  await expect(subject).toHaveAccessibleDescription(/Say in a few words/);
});

test('an incident is created and answered without a mouse', async ({ device }) => {
  const { desk } = await device('agent@demo');
  const { page } = desk;
  await page.keyboard.press('n');
  const finder = desk.sheet.getByRole('combobox', { name: 'Requester' });
  await finder.focus();
  await page.keyboard.type('sanne');
  await page.keyboard.press('Enter');
  await expect(finder).toHaveValue('Sanne de Vries');
  await desk.sheet.getByLabel('Subject').focus();
  await page.keyboard.type('Drawer of till 2 is stuck');
  await page.keyboard.press('Control+Enter');
  await desk.shows('Drawer of till 2 is stuck');
  await page.keyboard.press('r');
  await page.keyboard.type('Somebody is on the way.');
  await page.keyboard.press('Control+Enter');
  await expect(desk.message('Somebody is on the way.')).toHaveCount(1);
  await desk.isUpToDate();
});

test('Ctrl+Enter twice while a new incident is being kept creates one', async ({ device }) => {
  const office = await device('agent@demo');
  const { desk } = office;
  const stage = await office.backstage();
  const [database] = await databases(stage);
  await desk.beginNew({ caller: 'Somebody', contact: 'gate 2', subject: 'Created once' });
  const release = await occupy(stage, database, ['docs', 'overlays', 'outbox']);
  const subject = desk.sheet.getByLabel('Subject');
  await subject.press('Control+Enter');
  await subject.press('Control+Enter');
  await release();
  await expect(desk.sheet).toBeHidden();
  await desk.isUpToDate();
  await desk.filter('Created once');
  await expect(desk.rows).toHaveCount(1);
});

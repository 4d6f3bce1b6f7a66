// The table "When two people act at once": two devices without a network do both acts of every row,
// meet, and show what holds and what each person is told. Where the caller acts, they do so on the
// portal in one row, and in the others a member of staff is the caller.
import { expect, test } from './support/test.js';

const ANNA = 'Anna Lindqvist';
const TOMASZ = 'Tomasz Zieliński';
const OTHER = 'Oliwia Kaczmarek';
const HANNA = 'Hanna Virtanen';
const MAAIKE = 'Maaike Verhoeven';
const QUESTION = 'Which dock do you use?';

/** One row: the incident it happens to, what comes before, both acts, and what holds. */
const ROWS = {
  entries: 'Two people write at once',
  field: 'Two values for one field',
  comment: 'Resolved while a colleague writes',
  reopened: 'Resolved while the requester reopens it',
  word: 'Resolved while the requester writes',
  reassigned: 'Resolved while it is given away',
  closed: 'Closed while the requester writes',
  states: 'Started while it is put on hold',
  claimed: 'Taken while it is given away',
  waiting: 'The caller is asked while they write',
};

/** Who reports it, where it is not somebody else. */
const CALLERS = { reopened: TOMASZ, word: TOMASZ, closed: TOMASZ, waiting: MAAIKE };

test('the acts of two people at once come together as the table says', async ({ device }) => {
  test.setTimeout(300_000);
  const [phone, office] = [await device('technician@demo'), await device('agent@demo')];
  const home = await device('user@demo', { at: '/' });
  const [tomasz, anna, maaike] = [phone.desk, office.desk, home.desk];

  await test.step('both see the same', async () => {
    for (const [row, subject] of Object.entries(ROWS)) {
      await tomasz.createIncident({ requester: CALLERS[row] ?? OTHER, subject });
    }
    await tomasz.isUpToDate();
    await anna.look(/^All\s*\d/);
    for (const row of ['reopened', 'closed']) {
      await anna.openIncident(ROWS[row]);
      await anna.resolve('Fixed', 'Restarted it.');
    }
    await anna.isUpToDate();
    await tomasz.look(/^All\s*\d/);
    for (const row of ['reopened', 'closed']) {
      await tomasz.openIncident(ROWS[row]);
      await expect(tomasz.state).toHaveText('Resolved');
    }
    await anna.openIncident(ROWS.claimed);
    await expect(anna.name).toHaveText(/^INC-/);
    await maaike.openReport(ROWS.waiting);
    await expect(maaike.name).toHaveText(/^INC-/);
  });

  await test.step('each acts alone', async () => {
    await phone.goOffline();
    await office.goOffline();
    await home.goOffline();
    await maaike.write('It happened again.');
    await alone(tomasz, {
      entries: (desk) => desk.note('Seen from the warehouse.'),
      field: (desk) => desk.choose('Urgency', 'low'),
      comment: (desk) => desk.reply('I am on my way.'),
      reopened: (desk) => desk.reopen('Still broken.', 'New'),
      word: (desk) => desk.reply('It also happens on cable.'),
      reassigned: (desk) => desk.choose('Assignee', { label: HANNA }),
      closed: (desk) => desk.reply('Wait, one more thing.'),
      states: (desk) => desk.start(),
      claimed: (desk) => desk.press('Assign to me'),
    });
    await alone(anna, {
      entries: (desk) => desk.note('Seen from the desk.'),
      field: (desk) => desk.choose('Urgency', 'high'),
      comment: (desk) => desk.resolve('Fixed', 'Renewed the certificate.'),
      reopened: async (desk) => {
        await desk.reopen('Not yet.', 'New');
        await desk.resolve('Fixed', 'Replaced it.');
      },
      word: (desk) => desk.resolve('Fixed', 'Renewed the certificate.'),
      reassigned: (desk) => desk.resolve('Fixed', 'Swapped the dock.'),
      closed: (desk) => desk.press('Close incident'),
      states: (desk) => desk.hold('a part', 'It comes on Thursday.'),
      claimed: (desk) => desk.choose('Assignee', { label: ANNA }),
      waiting: (desk) => desk.hold('the caller', QUESTION),
    });
  });

  await test.step('the devices meet', async () => {
    await phone.goOnline();
    await tomasz.isUpToDate();
    await office.goOnline();
    await anna.isUpToDate();
    await home.goOnline();
    await maaike.isUpToDate();
    await expect(anna.page.getByRole('link', { name: /^Needs attention/ })).toContainText('4');
    await expect(tomasz.page.getByRole('link', { name: /^Needs attention/ })).toContainText('3');
  });

  await test.step('both read the same, and what holds is what the table says', async () => {
    for (const desk of [tomasz, anna]) {
      await holds(desk, 'entries', async () => {
        await expect(desk.message('Seen from the warehouse.')).toHaveCount(1);
        await expect(desk.message('Seen from the desk.')).toHaveCount(1);
        await expect(desk.clash).toHaveCount(0);
      });
      await holds(desk, 'comment', () => is(desk, 'Resolved'));
      await holds(desk, 'reopened', () => is(desk, 'New'));
      await holds(desk, 'word', () => is(desk, 'Resolved'));
      await holds(desk, 'reassigned', async () => {
        await is(desk, 'Resolved');
        await expect(assignee(desk)).toHaveText(HANNA);
      });
      await holds(desk, 'closed', () => is(desk, 'Resolved'));
      await holds(desk, 'states', () => is(desk, 'On hold: a part'));
      await holds(desk, 'claimed', () => expect(assignee(desk)).toHaveText(ANNA));
      await holds(desk, 'waiting', async () => {
        await is(desk, 'On hold: the caller');
        await expect(desk.message('It happened again.')).toHaveCount(1);
      });
      await holds(desk, 'field', () => expect(desk.property('Urgency')).toHaveValue('high'));
    }
  });

  await test.step('whoever gave way is told, with names, times and two buttons', async () => {
    await told(anna, ROWS.word, `What you could not know: ${TOMASZ} replied`);
    await told(anna, ROWS.closed, `What you could not know: ${TOMASZ} replied`);
    await told(anna, ROWS.reopened, `At the same time, ${TOMASZ} reopened it`);
    await told(tomasz, ROWS.states, `At the same time, ${ANNA} put it on hold`);
    await told(tomasz, ROWS.claimed, `At the same time, ${ANNA} assigned it to ${ANNA}`);
    // Nobody is told of what merely came together.
    for (const desk of [anna, tomasz]) {
      await expect(card(desk, ROWS.comment)).toHaveCount(0);
      await expect(card(desk, ROWS.entries)).toHaveCount(0);
      await expect(card(desk, ROWS.waiting)).toHaveCount(0);
    }
    const mail = await office.context.newPage();
    await mail.goto(`${office.origin}/demo/mail`);
    const letter = mail.getByRole('link', { name: 'hanna.virtanen@' }).filter({ hasText: ROWS.reassigned });
    await expect(async () => {
      await mail.reload();
      await expect(letter).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 30_000 });
    await mail.close();
  });

  await test.step('a field is settled by whoever chooses, for both', async () => {
    const mine = card(anna, ROWS.field);
    await expect(mine).toContainText('Urgency is High');
    await mine.getByRole('button', { name: 'Use Low' }).click();
    await expect(mine).toHaveCount(0);
    await expect(card(tomasz, ROWS.field)).toHaveCount(0);
    await tomasz.look(/^All\s*\d/);
    await tomasz.openIncident(ROWS.field);
    await expect(tomasz.property('Urgency')).toHaveValue('low');
    await expect(tomasz.clash).toHaveCount(0);
  });

  await test.step('what is dismissed is gone from the other devices of the person too', async () => {
    const second = await device('agent@demo');
    await second.desk.look(/^Needs attention/);
    await expect(card(second.desk, ROWS.word)).toBeVisible();
    await card(anna, ROWS.word).getByRole('button', { name: 'Dismiss' }).click();
    await expect(card(anna, ROWS.word)).toHaveCount(0);
    await expect(card(second.desk, ROWS.word)).toHaveCount(0);
    const offer = anna.page.locator('.toast', { hasText: 'Seen how it stands' });
    await offer.getByRole('button', { name: 'Undo' }).click();
    await expect(card(second.desk, ROWS.word)).toBeVisible();
    await card(anna, ROWS.word).getByRole('button', { name: 'Dismiss' }).click();
    await expect(card(second.desk, ROWS.word)).toHaveCount(0);
    await card(anna, ROWS.closed).getByRole('button', { name: 'Look at it' }).click();
    await anna.shows(ROWS.closed);
    await expect(anna.clash).toContainText('What you could not know');
    await anna.clash.getByRole('button', { name: 'Dismiss' }).click();
    await expect(anna.clash).toHaveCount(0);
  });

  await test.step('who is waited for is asked, and their answer ends the wait', async () => {
    await expect(maaike.message('It happened again.')).toContainText('✓ On server');
    await expect(maaike.page.locator('.question')).toHaveText(QUESTION);
    await maaike.write('The grey one.');
    for (const desk of [tomasz, anna]) {
      await desk.look(/^All\s*\d/);
      await holds(desk, 'waiting', () => is(desk, 'In progress'));
    }
  });
});

/** Two people without a network give one incident other values, the subject a long one. */
async function clash([one, other], subject, values) {
  await one.desk.createIncident({ requester: OTHER, subject });
  await one.desk.isUpToDate();
  await other.desk.look(/^All\s*\d/);
  await other.desk.openIncident(subject);
  await one.goOffline();
  await other.goOffline();
  for (const [at, own] of [one, other].entries()) {
    const [name, level] = values[at];
    await own.desk.choose('Impact', level);
    await own.desk.choose('Urgency', level);
    await own.desk.rename(name);
  }
  await one.goOnline();
  await one.desk.isUpToDate();
  await other.goOnline();
  await other.desk.isUpToDate();
}

test('every mark of two values leads to the choice of its own field', async ({ device }) => {
  const [one, other] = [await device('technician@demo'), await device('agent@demo')];
  await clash([one, other], 'Which of them', [['The first name', 'low'], ['The second name', 'high']]);
  const { desk } = other;
  for (const label of ['Urgency', 'Impact']) {
    const term = desk.detail.locator('dt', { hasText: new RegExp(`^${label}$`) });
    await term.locator('xpath=following-sibling::dd[1]').getByRole('button', { name: '2 values' }).click();
    const card = desk.detail.getByRole('region', { name: `${label}: two values` });
    await expect(card.getByRole('button').first()).toBeFocused();
  }
});

for (const [width, locale] of [[390, 'en-GB'], [1440, 'de-DE'], [390, 'de-DE']]) {
  test(`long values stay within their choice at ${width} pixels in ${locale}`, async ({ device }) => {
    const [one, other] = [await device('technician@demo'), await device('agent@demo')];
    const long = (word) => `${word} `.repeat(60).trim().slice(0, 300);
    await clash([one, other], 'How long is it', [[long('Gabelstapler'), 'low'], [long('terminal'), 'high']]);
    await other.desk.page.setViewportSize({ width, height: 900 });
    const language = locale.slice(0, 2);
    await other.desk.page.evaluate((to) => localStorage.setItem('holdfast-language', to), language);
    await other.desk.page.reload();
    const card = other.desk.detail.locator('.clash[data-field="subject"]');
    const within = () =>
      card.evaluate((node) => {
        const { left, right } = node.getBoundingClientRect();
        const boxes = [...node.querySelectorAll('button')].map((one) => one.getBoundingClientRect());
        return boxes.length === 2 && boxes.every((box) => box.left >= left && box.right <= right);
      });
    await expect.poll(within).toBe(true);
    const [verb, names] = locale === 'en-GB' ? [/^Keep terminal .*…$/, 'Keep'] : [/^terminal .*… behalten$/, 'behalten'];
    const button = card.getByRole('button', { name: names });
    await expect(button).toHaveText(verb);
    expect((await button.getAttribute('title')).length).toBeGreaterThan(300);
  });
}

test('what is taken back from the list of what met leaves its reader there', async ({ device }) => {
  const [one, other] = [await device('technician@demo'), await device('agent@demo')];
  await clash([one, other], 'Counted', [['Counted one', 'low'], ['Counted two', 'high']]);
  const { desk } = other;
  const { page } = desk;
  await desk.look(/^Needs attention/);
  const cards = page.locator('.attention section');
  const count = await cards.count();
  await expect(page.getByRole('link', { name: /^Needs attention/ })).toContainText(`${count}`);
  expect(count).toBeGreaterThanOrEqual(3);
  await page.goto(`${other.origin}/console?view=attention`);
  await expect(cards).toHaveCount(count);
  await cards.first().getByRole('button', { name: /^Keep/ }).click();
  await expect(cards).toHaveCount(count - 1);
  await page.getByRole('button', { name: /^Undo/ }).click();
  await expect(cards).toHaveCount(count);
  await expect(desk.detail).toHaveCount(0);
});

async function alone(desk, acts) {
  for (const [row, act] of Object.entries(acts)) {
    await desk.openIncident(ROWS[row]);
    await act(desk);
  }
  await desk.filter('');
}

async function holds(desk, row, check) {
  await desk.openIncident(ROWS[row]);
  await check();
}

const assignee = (desk) => desk.property('Assignee').locator('option:checked');

const is = (desk, state) => expect(desk.state).toHaveText(state);

const card = (desk, subject) =>
  desk.page.locator('.attention section').filter({ hasText: subject });

async function told(desk, subject, sentence) {
  await desk.look(/^Needs attention/);
  await expect(card(desk, subject)).toContainText(sentence);
  await expect(card(desk, subject).getByRole('button', { name: 'Look at it' })).toBeVisible();
  await expect(card(desk, subject).getByRole('button', { name: 'Dismiss' })).toBeVisible();
}

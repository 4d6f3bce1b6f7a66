// Mail as its readers get it: caught by the demo, or taken by a real relay that is down, postpones,
// refuses, or sees the server die at any step.
import { mkdir } from 'node:fs/promises';
import { expect, test } from './support/test.js';
import { Relay, STEPS, lock } from './support/relay.js';

const FORKLIFT = 'Forklift terminal 12';

/** Restarts the server so that it sends its mail to the relay, without waiting for an undo. */
async function useRelay(server, relay, wait = 0) {
  await server.stop();
  server.settings = { ...relay.settings, HOLDFAST_NOTIFY_WAIT_SECONDS: String(wait) };
  await server.start();
}

async function counted(server, labels) {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`holdfast_effects{${labels}}`));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

async function unfinished(server) {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  const lines = text.split('\n').filter((one) => one.startsWith('holdfast_effects{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('a reply is found among the caught mail, in the language of its reader', async ({
  device,
  server,
}) => {
  await server.stop();
  server.settings = { HOLDFAST_NOTIFY_WAIT_SECONDS: '1' };
  await server.start();
  const agent = await device('agent@demo');
  await agent.desk.openIncident(FORKLIFT);
  await agent.desk.reply('Please try <b>again</b> & tell us.');
  await agent.desk.isUpToDate();

  // In the letter's frame no script runs, not even the one that records this test.
  agent.expectErrors(/^Blocked script execution in .* frame is sandboxed/);
  const { page } = await agent.open('/demo/mail');
  const letter = page.getByRole('link', { name: /hat geantwortet/ }).first();
  await expect(async () => {
    await page.reload();
    await expect(letter).toBeVisible({ timeout: 500 });
  }).toPass();
  await letter.click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(FORKLIFT);
  const frame = page.frameLocator('iframe');
  await expect(frame.getByText('Please try <b>again</b> & tell us.')).toBeVisible();
  const [shown] = await Promise.all([
    agent.context.waitForEvent('page'),
    frame.getByRole('link', { name: 'Im Portal öffnen' }).click(),
  ]);
  await expect(shown).toHaveURL(/\/incidents\/[0-9a-f-]{36}$/);
  // It is somebody else's; that its page stands at all is what the frame would not let happen.
  await expect(shown.getByRole('link', { name: 'Holdfast' })).toBeVisible();
  await shown.close();
  await page.getByText('Headers', { exact: true }).click();
  await expect(page.getByText('Auto-Submitted: auto-generated')).toBeVisible();
});

test('mail outlives a relay that is down, is asked again, and is given up in sight', async ({
  device,
  server,
}) => {
  test.setTimeout(120_000);
  const relay = await Relay.at();
  await useRelay(server, relay);
  const agent = await device('agent@demo');
  await agent.desk.openIncident(FORKLIFT);

  await test.step('a relay that is down, and then postpones, loses nothing', async () => {
    await agent.desk.reply('The relay is down.');
    await expect.poll(() => counted(server, 'state="waiting",reason="relay_down"')).toBe(1);
    relay.answers.set('mehmet.yilmaz@brennickvos.example', [451]);
    await relay.open();
    await expect.poll(() => relay.taken.length, { timeout: 40_000 }).toBe(1);
    const [{ to, text }] = relay.taken;
    expect(relay.asked).toEqual([...to, ...to]);
    for (const line of [
      /^From: .*<it@brennickvos\.example>\r$/m,
      /^Subject: \[INC-\d+\] /m,
      /^Auto-Submitted: auto-generated\r$/m,
      /^In-Reply-To: <incident\.[0-9a-f-]{36}@brennickvos\.example>\r$/m,
      /^Content-Type: multipart\/alternative;/m,
      /^Content-Type: text\/plain; charset=utf-8\r$/m,
      /^Content-Type: text\/html; charset=utf-8\r$/m,
      /The relay is down\./,
    ]) {
      expect(text).toMatch(line);
    }
  });

  await test.step('a refused recipient is given up, in sight and without another try', async () => {
    const [{ to }] = relay.taken;
    relay.answers.set(to[0], [550]);
    const before = relay.asked.length;
    await agent.desk.reply('The address is gone.');
    await expect.poll(() => counted(server, 'state="given_up",reason="refused"')).toBe(1);
    expect(relay.asked.length).toBe(before + 1);
    expect(relay.taken).toHaveLength(1);
    expect((await server.command(['notify', 'status'])).stdout).toContain('1\tgiven_up (refused)');
  });

  await test.step('an operator has it tried again', async () => {
    const { stdout } = await server.command(['notify', 'replay']);
    expect(stdout).toBe('1 notifications are tried again\n');
    await expect.poll(() => relay.taken.length).toBe(2);
    expect(relay.taken[1].text).toContain('The address is gone.');
  });
  await relay.close();
});

for (const tls of ['starttls', 'implicit']) {
  test(`mail goes over an encrypted line to a relay that asks who sends it, ${tls}`, async ({
    device,
    server,
  }, info) => {
    test.setTimeout(120_000);
    await mkdir(info.outputDir, { recursive: true });
    const keys = lock(info.outputDir, tls);
    const relay = await Relay.at(undefined, keys);
    await relay.open();
    await useRelay(server, relay);
    const agent = await device('agent@demo');
    await agent.desk.openIncident(FORKLIFT);
    await agent.desk.reply('Nobody vouches for this relay.');
    await expect.poll(() => counted(server, 'state="waiting",reason="relay_down"')).toBe(1);
    expect(relay.accounts).toEqual([]);

    server.settings = { ...server.settings, SSL_CERT_FILE: keys.trusted };
    await server.stop();
    await server.start();
    await expect.poll(() => relay.taken.length, { timeout: 60_000 }).toBe(1);
    expect(relay.accounts).toContain('holdfast');
    expect(relay.taken[0].text).toContain('Nobody vouches for this relay.');
    await relay.close();
  });
}

test('what is taken back before its letter left is told to nobody', async ({ device, server }) => {
  const relay = await Relay.at();
  await relay.open();
  await useRelay(server, relay, 5);
  const agent = await device('agent@demo');
  await agent.desk.openIncident(FORKLIFT);
  await agent.desk.reply('Sent in haste.');
  await agent.desk.isUpToDate();
  await agent.desk.page.getByRole('button', { name: /^Undo/ }).click();
  await expect(agent.desk.entry).toHaveValue('Sent in haste.');
  await agent.desk.reply('Said with care.');
  // Its letter would have been due before this one.
  await expect.poll(() => relay.taken.length, { timeout: 30_000 }).toBe(1);
  expect(relay.taken[0].text).toContain('Said with care.');
  await expect.poll(() => unfinished(server)).toBe(0);
  expect(relay.taken).toHaveLength(1);
  await relay.close();
});

test('a server killed at any step of a delivery sends a letter once more at most, where nobody can know', async ({
  device,
  server,
}) => {
  test.setTimeout(240_000);
  const relay = await Relay.at();
  await relay.open();
  const letters = 2 * STEPS.length;
  // Long enough for all to be written before the first leaves.
  await useRelay(server, relay, 20);
  const agent = await device('agent@demo');
  await agent.desk.openIncident(FORKLIFT);
  for (let nth = 1; nth <= letters; nth += 1) await agent.desk.reply(`Letter ${nth}.`);
  await agent.desk.isUpToDate();
  await agent.context.close();

  const stops = [...STEPS, ...STEPS];
  let stopped = relay.stopAt(stops[0]);
  for (const next of [...stops.slice(1), undefined]) {
    await stopped;
    await server.kill();
    if (next) stopped = relay.stopAt(next);
    await server.start();
  }
  await expect
    .poll(() => relay.counts().size, { timeout: 120_000 })
    .toBe(letters);
  await expect.poll(() => unfinished(server), { timeout: 60_000 }).toBe(0);
  const twice = [...relay.counts().values()].filter((count) => count > 1);
  // Once the relay has taken a message and before it has said so, nobody can know: one more, at
  // most, and by its id a reader can tell that it is the same.
  expect(twice.every((count) => count === 2)).toBe(true);
  expect(twice.length).toBe(stops.filter((step) => step === 'taken').length);
  await relay.close();
});

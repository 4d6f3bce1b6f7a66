// The console as a person works with it. Everything here is found as a person finds it: by role,
// label and text.
import { readFile } from 'node:fs/promises';
import { expect } from '@playwright/test';

export class Desk {
  constructor(page) {
    this.page = page;
    this.chip = page.getByTestId('status-chip');
    this.rows = page.getByTestId('row');
    this.filterBox = page.getByRole('searchbox', { name: 'Filter this view' });
    this.detail = page.locator('main.detail');
    this.talk = page.getByRole('log', { name: 'Conversation' });
    this.entry = page.locator('#entry');
    this.sheet = page.getByRole('dialog');
    this.clash = this.detail.locator('section.clash');
    this.damage = page.getByRole('alert').filter({ hasText: 'could not be read' });
  }

  async signIn(login, password = 'demo') {
    await this.page.getByLabel('Login').fill(login);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.isUpToDate();
  }

  async signOut({ forget = false } = {}) {
    await this.page.getByRole('button', { name: /: menu$/ }).click();
    await this.page.getByRole('button', { name: 'Sign out…' }).click();
    if (forget) await this.sheet.getByRole('checkbox').check();
    await this.sheet.getByRole('button', { name: /^Sign out/ }).click();
    await expect(this.page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  }

  /** Signs in where the page asks for it because the session has ended. */
  async signInAgain(password = 'demo') {
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click({ timeout: 30_000 });
    await this.sheet.getByLabel('Password').fill(password);
    await this.sheet.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** Waits until the chip says that device and server agree. */
  async isUpToDate() {
    await expect(this.chip).toHaveText(/^Up to date/, { timeout: 30_000 });
    await expect(this.chip).toHaveAttribute('data-state', 'ok');
  }

  /** Waits until the chip says that there is no network and how much waits. */
  async isOffline(count = 0) {
    await expect(this.chip).toHaveAttribute('data-state', 'offline', { timeout: 30_000 });
    await expect(this.chip).toContainText(count === 0 ? 'Offline' : kept(count));
  }

  /** Waits until the page can be loaded without a network. */
  async isInstalled() {
    const controlled = () => navigator.serviceWorker.controller?.state;
    await expect.poll(() => this.page.evaluate(controlled)).toBe('activated');
  }

  /** How many incidents the list holds, those beyond its edges too. */
  async count() {
    const text = await this.page.getByTestId('queue-count').innerText();
    return Number(text.replace(/\D/g, ''));
  }

  row(text) {
    return this.rows.filter({ hasText: text });
  }

  async filter(text) {
    await this.filterBox.fill(text);
  }

  async look(view) {
    await this.page.getByRole('link', { name: view }).click();
  }

  /** Opens an incident by what its row says. */
  async openIncident(subject) {
    await this.filter(subject);
    await this.row(subject).first().click();
    await this.shows(subject);
  }

  async shows(subject) {
    await expect(this.detail.getByRole('heading', { level: 2 })).toContainText(subject);
  }

  get name() {
    return this.page.getByTestId('incident-name');
  }

  get state() {
    return this.page.getByTestId('incident-state');
  }

  property(label) {
    return this.detail.getByRole('region', { name: 'Properties' }).getByRole('combobox', { name: label, exact: true });
  }

  /** Chooses a value of a property by its word or by what it reads. */
  async choose(label, value) {
    await this.property(label).selectOption(value);
  }

  async reply(text) {
    await this.#write('Reply', text, 'Send');
  }

  async note(text) {
    await this.#write('Internal note', text, 'Add note');
  }

  async #write(kind, text, send) {
    const form = this.page.getByRole('form', { name: 'Write' });
    await form.getByRole('button', { name: kind, exact: true }).click();
    await this.entry.fill(text);
    await form.getByRole('button', { name: send, exact: true }).click();
    await expect(this.entry).toHaveValue('');
    await expect(this.message(text)).toBeVisible();
  }

  message(text) {
    return this.talk.getByRole('article').filter({ hasText: text });
  }

  event(text) {
    return this.talk.locator('p.event').filter({ hasText: text });
  }

  /** Takes the last act back by its key, once the page offers that. */
  async takeBack(act) {
    const offer = this.page.locator('.toast', { hasText: new RegExp(`^${act}.* · `) });
    await expect(offer.last()).toBeVisible();
    await this.detail.press('z');
  }

  async rename(subject) {
    await this.detail.getByRole('button', { name: 'Edit the subject' }).click();
    const box = this.detail.getByRole('textbox', { name: 'Subject' });
    await box.fill(subject);
    await box.press('Enter');
    await this.shows(subject);
  }

  /** Presses a button of the open incident; what is rare waits behind "More actions". */
  async press(name) {
    const button = this.detail.getByRole('button', { name, exact: true, includeHidden: true });
    await expect(button).toHaveCount(1);
    if (await button.evaluate((node) => Boolean(node.closest('[popover]')))) {
      await this.detail.getByRole('button', { name: 'More actions' }).click();
    }
    await button.click();
  }

  /** Shows the conversation, the history or, on a phone, the properties. */
  async turnTo(tab) {
    await this.detail.getByRole('button', { name: tab, exact: true }).click();
  }

  async start() {
    await this.press('Start');
    await expect(this.state).toHaveText('In progress');
  }

  /** Does an act that asks for something first. */
  async ask(button, { choice, words, submit, state }) {
    await this.press(button);
    if (choice) await this.sheet.getByRole('combobox').selectOption({ label: choice });
    await this.sheet.getByRole('textbox').first().fill(words);
    await this.sheet.getByRole('button', { name: submit, exact: true }).click();
    await expect(this.sheet).toBeHidden();
    await expect(this.state).toHaveText(state);
  }

  hold(reason, words) {
    const state = `On hold: ${reason}`;
    return this.ask('Hold…', { choice: reason, words, submit: 'Put on hold', state });
  }

  resolve(code, words) {
    return this.ask('Resolve…', { choice: code, words, submit: 'Resolve', state: 'Resolved' });
  }

  reopen(words, state = 'Assigned') {
    return this.ask('Reopen…', { words, submit: 'Reopen', state });
  }

  /** Begins a new incident; the sheet stays open. */
  async beginNew({ requester, caller, contact, subject, description = '' }) {
    await this.page.getByRole('button', { name: 'New', exact: true }).first().click();
    const finder = this.sheet.getByRole('combobox', { name: 'Requester' });
    if (requester) {
      await finder.pressSequentially(requester.slice(0, 5));
      await this.sheet.locator('[role="option"]', { hasText: requester }).click();
      await expect(finder).toHaveValue(requester);
    }
    if (caller) {
      await finder.fill(caller);
      await this.sheet.getByLabel('How to reach the caller').fill(contact);
    }
    await this.sheet.getByLabel('Subject').fill(subject);
    await this.sheet.getByLabel('Description').fill(description);
  }

  async createIncident(sketch) {
    await this.beginNew(sketch);
    await this.sheet.getByRole('button', { name: 'Create incident' }).click();
    await expect(this.sheet).toBeHidden();
    await this.shows(sketch.subject);
  }

  async openSyncCentre() {
    await this.chip.click();
    await expect(this.sheet.getByRole('heading', { name: 'Sync centre' })).toBeVisible();
    return this.sheet;
  }

  async closeSheet() {
    await this.sheet.getByRole('button', { name: 'Close', exact: true }).click();
    await expect(this.sheet).toBeHidden();
  }

  /** Saves what is unsent to a file and gives its content. */
  async saveUnsent() {
    const centre = await this.openSyncCentre();
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      centre.getByRole('button', { name: 'Save to a file' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^holdfast-unsent-[-\dT]+\.holdfast$/);
    const content = await readFile(await download.path());
    await this.closeSheet();
    return content;
  }

  /** Chooses a file in the open sync centre. */
  async chooseFile(buffer) {
    const file = { name: 'unsent.holdfast', mimeType: 'application/octet-stream', buffer };
    await this.sheet.getByLabel('Choose a file…').setInputFiles(file);
  }

  /** Chooses a file in the sync centre, which then shows what it brings. */
  async offerFile(buffer) {
    const centre = await this.openSyncCentre();
    await this.chooseFile(buffer);
    const card = centre.getByRole('article');
    await expect(card).toBeVisible();
    return card;
  }

  /** Every fact of the open incident as the history tells it, with the reader named. */
  async history(reader) {
    await this.turnTo('History');
    const facts = this.detail.getByRole('region', { name: 'History' }).getByRole('listitem');
    await expect(facts.first()).toBeVisible();
    const texts = await facts.allInnerTexts();
    await this.turnTo('Conversation');
    return texts.map((text) => text.replace(/^You\b/, reader).replace(/\s+/g, ' ').trim());
  }
}

function kept(count) {
  return `${count} ${count === 1 ? 'change' : 'changes'} kept on this device`;
}

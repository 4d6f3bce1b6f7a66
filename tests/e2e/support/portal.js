// The portal as the person who reports meets it. Everything here is found as a person finds it.
import { expect } from '@playwright/test';

export class Portal {
  constructor(page) {
    this.page = page;
    this.chip = page.getByTestId('status-chip');
    this.rows = page.locator('.mine').getByRole('listitem');
    this.standing = page.getByTestId('standing');
    this.name = page.getByTestId('incident-name');
    this.talk = page.getByRole('log', { name: 'Conversation' });
    this.entry = page.locator('#entry');
    this.heading = page.getByRole('heading', { level: 1 });
  }

  async signIn(login, password = 'demo') {
    await this.page.getByLabel('Login').fill(login);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.isUpToDate();
  }

  async isUpToDate() {
    await expect(this.chip).toHaveAttribute('data-state', 'ok', { timeout: 30_000 });
  }

  async isOffline(count = 0) {
    await expect(this.chip).toHaveAttribute('data-state', 'offline', { timeout: 30_000 });
    const kept = count === 1 ? '1 message kept' : `${count} messages kept`;
    await expect(this.chip).toContainText(count === 0 ? 'Offline' : kept);
  }

  /** Waits until the page can be loaded without a network. */
  async isInstalled() {
    const controlled = () => navigator.serviceWorker.controller?.state;
    await expect.poll(() => this.page.evaluate(controlled)).toBe('activated');
  }

  async chooseFromMenu(entry) {
    await this.page.getByRole('button', { name: /: menu$/ }).click();
    await this.page.getByRole('button', { name: entry }).click();
  }

  row(subject) {
    return this.rows.filter({ hasText: subject });
  }

  /** Reports a problem, beginning on the first page, and waits until this device has kept it. */
  async report({ subject, description = '', category, asset = '', contact = '' }) {
    const { page } = this;
    await page.getByLabel('Describe the problem in a few words').fill(subject);
    await page.getByRole('button', { name: 'Report a problem' }).click();
    await expect(page.getByLabel('In a few words: what is not working?')).toHaveValue(subject);
    await page.getByLabel('Tell us more').fill(description);
    if (category) await page.getByLabel('What is it about?').selectOption({ label: category });
    await page.getByLabel('Which device or thing is it?').fill(asset);
    await page.getByLabel('How can we reach you right now?').fill(contact);
    await page.getByRole('button', { name: 'Send report' }).click();
    await expect(this.heading).toHaveText(subject);
  }

  async openReport(subject) {
    await this.page.getByRole('link', { name: subject }).click();
    await expect(this.heading).toHaveText(subject);
  }

  async goHome() {
    await this.page.getByRole('link', { name: 'My reports' }).click();
    await expect(this.heading).toHaveText('What is not working?');
  }

  async write(text) {
    await this.entry.fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
    await expect(this.entry).toHaveValue('');
    await expect(this.message(text)).toBeVisible();
  }

  /** Takes the last act back, once the page offers that. */
  async takeBack(act) {
    const offer = this.page.locator('.toast', { hasText: act });
    await offer.getByRole('button', { name: 'Undo' }).click();
    await expect(offer).toHaveCount(0);
  }

  message(text) {
    return this.talk.getByRole('article').filter({ hasText: text });
  }

  event(text) {
    return this.talk.locator('.event').filter({ hasText: text });
  }
}

// The console speaks the language of its reader.
import { expect, test } from './support/test.js';

const DOMINIK = 'dominik.wagner@brennickvos.example';

test('a German-speaking person reads German, whatever the browser speaks', async ({ device, server }) => {
  await server.command(['user', 'password', DOMINIK, '--password-stdin'], 'geheim-genug\n');
  const { desk } = await device();
  const { page } = desk;
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.getByLabel('Login').fill(DOMINIK);
  await page.getByLabel('Password').fill('geheim-genug');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(desk.chip).toHaveText(/^Aktuell/);
  await page.getByRole('button', { name: 'Neu', exact: true }).first().click();
  const categories = page.getByRole('dialog').getByRole('combobox', { name: 'Kategorie' });
  await expect(categories).toContainText('Kassen und Kartenterminals');
  await page.keyboard.press('Escape');
  // No key stands where a text should.
  await expect(page.getByText(/^[a-z_]+\.[a-z_.]+$/)).toHaveCount(0);
});

test('a German browser is greeted in German and a choice of language stays', async ({ device }) => {
  const phone = await device(undefined, { locale: 'de-DE' });
  const { page } = phone.desk;
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.getByLabel('Kennung').fill('agent@demo');
  await page.getByLabel('Passwort').fill('demo');
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  // The person's own language holds over the browser's until the person chooses.
  await phone.desk.isUpToDate();
  await page.getByRole('button', { name: /: menu$/ }).click();
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(phone.desk.chip).toHaveText(/^Aktuell/);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(phone.desk.chip).toHaveText(/^Aktuell/);
});

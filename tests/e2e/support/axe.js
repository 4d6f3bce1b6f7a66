// What axe finds on a page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe calls serious or critical, as one line each. */
export async function findings(page) {
  // The policy of the page forbids inline scripts; the protocol of the browser does not ask it.
  await page.evaluate(axe);
  const { passes, violations } = await page.evaluate(() => window.axe.run());
  expect(passes.length, 'rules that axe has checked').toBeGreaterThan(5);
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

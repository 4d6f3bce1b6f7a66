// Journeys run one after the other: each has a server of its own and measures nothing, but two
// browsers at once on a small machine would only wait for each other.
import { defineConfig } from '@playwright/test';
import { chromium } from './support/browser.js';

export default defineConfig({
  testDir: '.',
  outputDir: 'output/results',
  globalSetup: './support/seed.js',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // Nothing is timed here, and a machine may be shared: only what never comes has failed.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: {
    ...chromium,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Amsterdam',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});

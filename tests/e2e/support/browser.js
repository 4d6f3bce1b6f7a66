// The Chromium of this machine; the runner's own is never downloaded.
import { existsSync } from 'node:fs';

const known = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const executablePath = known.find((path) => path && existsSync(path));
if (!executablePath) throw new Error('install Chromium or set CHROMIUM to its path');

export const chromium = {
  browserName: 'chromium',
  launchOptions: { executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] },
};

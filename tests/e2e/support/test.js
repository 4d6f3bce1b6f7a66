// What every journey is given: a server of its own, and devices that watch their own console.
import { test as base, expect } from '@playwright/test';
import { Desk } from './desk.js';
import { Line } from './line.js';
import { Portal } from './portal.js';
import { youngSeed } from './seed.js';
import { Server } from './server.js';

export { expect };

/** Errors that the browser itself reports when a request fails; tests judge those by their cause. */
const EXPECTED = [/^Failed to load resource/, /^WebSocket connection to .* failed/];

export const test = base.extend({
  /** Whether browsers reach the server through a line that the test can disturb. */
  disturbed: [false, { option: true }],

  line: async ({ disturbed }, use) => {
    if (!disturbed) return use(undefined);
    const line = await Line.open();
    await use(line);
    await line.close();
  },

  server: async ({ line }, use, info) => {
    const server = await Server.on(youngSeed(), { origin: line?.origin });
    line?.leadTo(server.port);
    await server.start();
    await use(server);
    if (info.status !== info.expectedStatus && server.log) {
      await info.attach('server', { body: server.log, contentType: 'text/plain' });
    }
    await server.remove();
  },

  /** Makes a device: a browser with its own storage, on the console or at the portal (`at: '/'`),
      signed in when a login is given; `direct` past the line. */
  device: async ({ browser, server, contextOptions, viewport, locale, timezoneId }, use) => {
    const devices = [];
    await use(async (login, { at = '/console', direct = false, ...options } = {}) => {
      const settings = { ...contextOptions, viewport, locale, timezoneId, ...options };
      const device = new Device(await browser.newContext(settings), server, direct ? server.address : server.origin);
      devices.push(device);
      const page = await device.open(at);
      if (login) await page.signIn(login);
      return device;
    });
    const errors = devices.flatMap((device) => device.errors);
    for (const device of devices) await device.context.close();
    expect(errors, 'errors in the consoles of the browsers').toEqual([]);
  },
});

/** A browser with its storage: a phone or a desk, with one tab in front. */
export class Device {
  errors = [];
  #allowed = [...EXPECTED];
  #isBackstage = false;

  constructor(context, server, origin) {
    Object.assign(this, { context, server, origin });
    context.on('page', (page) => this.#watch(page));
    context.on('weberror', (error) => this.#note(String(error.error())));
  }

  #watch(page) {
    if (this.#isBackstage) return;
    page.on('console', (message) => {
      if (message.type() === 'error') this.#note(message.text());
    });
  }

  #note(text) {
    if (!this.#allowed.some((pattern) => pattern.test(text))) this.errors.push(text);
  }

  /** Expects errors of this kind from now on. */
  expectErrors(pattern) {
    this.#allowed.push(pattern);
  }

  /** Opens another tab and puts it in front. */
  async open(path = '/console') {
    const page = await this.context.newPage();
    this.desk = path.startsWith('/console') ? new Desk(page) : new Portal(page);
    await page.goto(this.origin + path);
    return this.desk;
  }

  /** Closes the tab in front, as a person closes it. */
  async closeTab() {
    await this.desk.page.close({ runBeforeUnload: false });
  }

  async goOffline() {
    await this.context.setOffline(true);
  }

  async goOnline() {
    await this.context.setOffline(false);
  }

  /** A page of the same origin in which no client runs, to look at what is stored. */
  async backstage() {
    this.#isBackstage = true;
    const page = await this.context.newPage();
    this.#isBackstage = false;
    await page.goto(`${this.origin}/favicon.ico`);
    return page;
  }
}

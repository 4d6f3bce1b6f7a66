// A peer's server as a process of its own, asked over the line that Node gives it.
import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Answers each question by the work of its name. */
export function answer(works) {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ name, value }) => {
    try {
      process.send({ value: await works[name](value) });
    } catch (error) {
      process.send({ error: error.stack });
    }
  });
}

/** A site of these files on a port of its own; `listening` gives the port. */
export function site(files) {
  const app = express();
  app.use(express.static(files, { index: 'page.html' }));
  const server = createServer(app).listen(0, '127.0.0.1');
  const listening = once(server, 'listening').then(() => server.address().port);
  return { app, server, listening };
}

/** How many milliseconds some work takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

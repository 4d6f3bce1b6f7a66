// Only in `cargo xtask dev`: reloads the page when another build is served.
let held;
setInterval(async () => {
  const answer = await fetch('/dev-stamp', { cache: 'no-store' }).catch(() => undefined);
  const stamp = answer?.ok ? await answer.text() : held;
  held ??= stamp;
  if (stamp === held) return;
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    await registration.unregister();
  }
  for (const name of await caches.keys()) await caches.delete(name);
  location.reload();
}, 1000);

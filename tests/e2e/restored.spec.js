// A server whose data was lost and put back from an older backup.
import { expect, test } from './support/test.js';

const SCANNERS = 'Scanners drop out between aisle 40 and 46';

test('what devices have of a lost log comes back to the server that was restored without it', async ({
  device,
  server,
}) => {
  const phone = await device('technician@demo');
  const { desk } = phone;
  await desk.openIncident(SCANNERS);
  await desk.reply('Before the backup.');
  await desk.isUpToDate();
  const office = await device('agent@demo');
  await office.desk.openIncident(SCANNERS);
  const backup = await server.backup();

  await office.desk.note('After the backup, by the office.');
  await desk.reply('After the backup, by the phone.');
  await office.desk.createIncident({ requester: 'Oliwia Kaczmarek', subject: 'Reported after the backup' });
  await desk.isUpToDate();
  await office.desk.isUpToDate();
  await phone.goOffline();
  await desk.note('While the server was lost.');

  await server.kill();
  await server.restore(backup);
  await server.start();
  await phone.goOnline();
  // A session of the backup may be one that was ended since.
  await desk.signInAgain();
  await office.desk.signInAgain();
  await desk.isUpToDate();
  await office.desk.isUpToDate();

  // Somebody who was not there before reads it from the server alone.
  const other = await device('incident-manager@demo');
  await other.desk.openIncident(SCANNERS);
  for (const said of [
    'Before the backup.',
    'After the backup, by the office.',
    'After the backup, by the phone.',
    'While the server was lost.',
  ]) {
    await expect(other.desk.message(said)).toHaveCount(1);
    await expect(desk.message(said)).toHaveCount(1);
  }
  await other.desk.openIncident('Reported after the backup');
});

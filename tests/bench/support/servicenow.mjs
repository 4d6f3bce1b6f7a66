// An event log as ServiceNow exports it, of any length: the same bytes for the same size.
const COLUMNS = (
  'number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,' +
  'opened_by,opened_at,sys_created_by,sys_created_at,sys_updated_by,sys_updated_at,contact_type,' +
  'location,category,subcategory,u_symptom,cmdb_ci,impact,urgency,priority,assignment_group,' +
  'assigned_to,knowledge,u_priority_confirmation,notify,problem_id,rfc,vendor,caused_by,' +
  'closed_code,resolved_by,resolved_at,closed_at'
).split(',');

const STEPS = ['New', 'Active', 'Awaiting User Info', 'Active', 'Resolved', 'Closed'];
const LEVELS = ['1 - High', '2 - Medium', '3 - Low'];

/** The log of this many incidents, of which about a third are open. */
export function serviceNowLog(incidents) {
  const draw = numbers(42);
  const lines = [COLUMNS.join(',')];
  for (let at = 0; at < incidents; at += 1) {
    const opened = 60 * Math.floor(draw() * 24 * 60) + 86_400 * Math.floor(draw() * 60);
    const number = `INC${String(2_000_000 + at).padStart(7, '0')}`;
    const fixed = {
      number,
      caller_id: `Caller ${1 + Math.floor(draw() * 400)}`,
      opened_by: `Opened by  ${1 + Math.floor(draw() * 40)}`,
      opened_at: moment(opened),
      sys_created_by: `Created by ${1 + Math.floor(draw() * 40)}`,
      sys_created_at: moment(opened),
      contact_type: draw() < 0.8 ? 'Phone' : 'Email',
      location: `Location ${1 + Math.floor(draw() * 20)}`,
      category: `Category ${1 + Math.floor(draw() * 30)}`,
      subcategory: `Subcategory ${1 + Math.floor(draw() * 90)}`,
      u_symptom: `Symptom ${1 + Math.floor(draw() * 200)}`,
      impact: LEVELS[Math.floor(draw() * 3)],
      urgency: LEVELS[Math.floor(draw() * 3)],
      priority: '3 - Moderate',
      notify: 'Do Not Notify',
    };
    const steps = draw() < 0.33 ? 1 + Math.floor(draw() * 4) : STEPS.length;
    for (let step = 0; step < steps; step += 1) {
      const row = {
        ...fixed,
        incident_state: STEPS[step],
        active: String(STEPS[step] !== 'Closed').toUpperCase(),
        sys_mod_count: step,
        reassignment_count: 0,
        reopen_count: 0,
        made_sla: 'TRUE',
        sys_updated_by: `Updated by ${1 + Math.floor(draw() * 40)}`,
        sys_updated_at: moment(opened + 1_800 * (step + 1)),
        assignment_group: `Group ${1 + Math.floor(draw() * 12)}`,
        assigned_to: step === 0 ? '?' : `Resolver ${1 + Math.floor(draw() * 60)}`,
        knowledge: 'TRUE',
        u_priority_confirmation: 'FALSE',
        closed_code: 'code 6',
        resolved_by: 'Resolved by 5',
        resolved_at: moment(opened + 9_000),
        closed_at: moment(opened + 10_800),
      };
      lines.push(COLUMNS.map((name) => row[name] ?? '?').join(','));
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Seconds after the beginning of 2016 as the log writes times. */
function moment(seconds) {
  const date = new Date(Date.UTC(2016, 0, 1) + seconds * 1_000);
  const two = (number) => String(number).padStart(2, '0');
  const day = [date.getUTCDate(), date.getUTCMonth() + 1].map(two).join('-');
  return `${day}-${date.getUTCFullYear()} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

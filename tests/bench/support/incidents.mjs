// The incidents of a ServiceNow log as plain documents, for engines that know no ServiceNow: the
// same incidents, texts and steps that `holdfast import servicenow` makes of the same bytes.

const OVER = ['Resolved', 'Closed'];

/** The rows of each incident, in the order of the log. The generator's log quotes nothing. */
export function rowsByNumber(log) {
  const [header, ...lines] = log.trim().split('\n').map((line) => line.split(','));
  const found = new Map();
  for (const line of lines) {
    const row = Object.fromEntries(header.map((name, at) => [name, line[at]]));
    found.set(row.number, [...(found.get(row.number) ?? []), row]);
  }
  return found;
}

/** What each incident was when declared, and what each later row changed about it. */
export function histories(log) {
  return [...rowsByNumber(log)].map(([number, rows]) => ({
    number,
    declared: declared(rows[0]),
    steps: rows.slice(1).map(step),
  }));
}

/** Whether somebody still has to work on an incident of this state. */
export function isOpen(state) {
  return !OVER.includes(state);
}

/** The state that a history ends with. */
export function lastState({ declared, steps }) {
  return (steps.at(-1) ?? declared).state;
}

/** The log of these incidents continued: each is resolved by one row more. */
export function continued(log, numbers) {
  const header = log.slice(0, log.indexOf('\n'));
  const all = rowsByNumber(log);
  const lines = numbers.flatMap((number) => {
    const rows = all.get(number);
    return [...rows, resolved(rows.at(-1))].map((row) => Object.values(row).join(','));
  });
  return `${[header, ...lines].join('\n')}\n`;
}

/** The step that `continued` adds to an incident. */
export function resolution(log, number) {
  return step(resolved(rowsByNumber(log).get(number).at(-1)));
}

function resolved(row) {
  return {
    ...row,
    incident_state: 'Resolved',
    sys_mod_count: Number(row.sys_mod_count) + 1,
    sys_updated_at: row.closed_at,
  };
}

function declared(row) {
  return {
    number: row.number,
    subject: `${row.category} › ${row.subcategory}: ${row.u_symptom}`,
    description: [
      `Imported from ServiceNow as ${row.number}.`,
      `Category: ${row.category}`,
      `Subcategory: ${row.subcategory}`,
      `Symptom: ${row.u_symptom}`,
      `Location: ${row.location}`,
    ].join('\n'),
    resolution: '',
    requester: row.caller_id,
    channel: row.contact_type,
    category: row.category,
    site: row.location,
    impact: row.impact,
    urgency: row.urgency,
    ...changing(row),
    entries: [entry(row)],
  };
}

function step(row) {
  const notes = OVER.includes(row.incident_state) ? `ServiceNow: ${row.closed_code}` : '';
  return { ...changing(row), resolution: notes, entry: entry(row) };
}

function changing(row) {
  return {
    state: row.incident_state,
    group: row.assignment_group,
    assignee: row.assigned_to === '?' ? '' : row.assigned_to,
  };
}

function entry(row) {
  return { at: row.sys_updated_at, by: row.sys_updated_by, text: row.incident_state };
}

// How figures are told: one JSON object per line, the same for every engine.

/** A figure: the middle of what was measured, or the value at `share` of the sorted ones. */
export function figure(name, values, unit, { target = null, share = 0.5 } = {}) {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  return {
    bench: 'loop',
    case: name,
    value: rounded(value),
    unit,
    target,
    runs: sorted.length,
    min: rounded(sorted[0]),
    max: rounded(sorted.at(-1)),
  };
}

/** A case that was ended: the peer needs more than this. */
export function exceeded(name, limit, unit, note) {
  return { bench: 'loop', case: name, value: limit, unit, target: null, runs: 1, min: limit, max: null, note };
}

/** A case without a figure, and why. */
export function unmeasured(name, unit, note) {
  return { bench: 'loop', case: name, value: null, unit, target: null, runs: 0, min: null, max: null, note };
}

/** How many times as much a peer needs; at least that, where the peer's case was ended. */
export function ratio(name, theirs, ours) {
  if (theirs.value === null || !ours?.value) {
    return unmeasured(name, '×', theirs.note ?? ours?.note ?? 'nothing to compare with');
  }
  const times = (one, other) => (one === null || other === null ? null : rounded(one / other, 100));
  return {
    bench: 'loop',
    case: name,
    value: times(theirs.value, ours.value),
    unit: '×',
    target: null,
    runs: Math.min(theirs.runs, ours.runs),
    min: times(theirs.min, ours.max),
    max: times(theirs.max, ours.min),
    ...(theirs.note && { note: `at least; ${theirs.note}` }),
  };
}

function rounded(value, parts = 10) {
  return Math.round(value * parts) / parts;
}

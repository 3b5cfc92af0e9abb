// Action units: what a verdict says of them, and the score line of FACS coders ("1B 2C L12D -15 ?25"). Pure functions.

export const STATES = ['present', 'absent', 'not_visible', 'not_judged'];
export const STATE_SIGN = { present: '●', absent: '○', not_visible: '⊘', not_judged: '·' };
export const STATE_WORD = {
  present: 'present', absent: 'absent', not_visible: 'not visible', not_judged: 'not judged',
};

const NOT_JUDGED = { state: 'not_judged', intensity: null, side: 'N' };

/** Return the units that a verdict on `claim` decides, as {number: UnitState}. */
export function unitsOf(claim, verdict) {
  if (claim.kind !== 'au' || claim.unit === null) return {};
  const all = [claim.unit, ...claim.more_units];
  const told = { state: claim.negated ? 'absent' : 'present', intensity: claim.negated ? null : claim.intensity, side: claim.negated ? 'N' : claim.side };
  const each = (value) => Object.fromEntries(all.map((unit) => [unit, { ...value }]));
  if (verdict.verdict === 'correct') return each(told);
  if (verdict.verdict !== 'wrong') return each(NOT_JUDGED);
  if (verdict.code === 'H2') {
    const swapped = each({ state: 'absent', intensity: null, side: 'N' });
    if (verdict.action_unit) swapped[verdict.action_unit] = { ...told, state: 'present' };
    return swapped;
  }
  if (verdict.code === 'H7') return each({ state: 'not_visible', intensity: null, side: 'N' });
  if (verdict.code === 'H1') {
    return each(claim.negated ? { state: 'present', intensity: null, side: 'N' } : { state: 'absent', intensity: null, side: 'N' });
  }
  if (verdict.code === 'H3') return each({ ...told, side: 'N' });
  if (verdict.code === 'H4') return each({ ...told, intensity: null });
  if (verdict.code === 'H0' || verdict.code === 'S1') return each(told);
  return each(NOT_JUDGED);
}

/**
 * Read a score line: unit numbers with an optional side before (L, R, B) and intensity after (A to E); "-12" is absent,
 * "?12" not visible. Returns {scores: {number: UnitState}, error: sentence or null}.
 */
export function readScores(line, known) {
  const scores = {};
  for (const word of line.toUpperCase().replaceAll('AU', ' ').split(/[\s,;+]+/).filter(Boolean)) {
    const match = /^([-?])?([LRB])?(\d{1,2})([A-E])?$/.exec(word);
    if (!match) return { scores: {}, error: `“${word}” is no score; write a number such as 12, L12C, -15 (absent) or ?25 (not visible).` };
    const [, sign, side, number, intensity] = match;
    if (!known.includes(Number(number))) return { scores: {}, error: `There is no AU${number} in FACS; codes 70 to 74 are set as “not visible”.` };
    scores[Number(number)] = sign
      ? { state: sign === '-' ? 'absent' : 'not_visible', intensity: null, side: 'N' }
      : { state: 'present', intensity: intensity ?? null, side: side ?? 'N' };
  }
  return { scores, error: null };
}

/** Return one unit's score as coders write it, such as "L12C". */
export function scoreText(number, seen) {
  if (!seen || seen.state === 'not_judged') return `AU${number}`;
  if (seen.state === 'absent') return `AU${number} absent`;
  if (seen.state === 'not_visible') return `AU${number} not visible`;
  return `${{ L: 'L', R: 'R' }[seen.side] ?? ''}${number}${seen.intensity ?? ''}`;
}

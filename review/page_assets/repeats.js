// Claims that only repeat what others say: their verdicts follow. Python decides the same when a review is submitted
// (review/repeats.py); this is for the screen, key by key. Pure functions.

const blank = { code: null, severity: null, action_unit: null, replacement: null, milliseconds: 0, changed_after_hint: false };

/** Return the stretches of repeats: runs of claims with the same `group`, each as one. */
export function groupsOf(claims) {
  const groups = new Map();
  for (const claim of claims.filter((one) => one.follows.length)) groups.set(claim.group, [...(groups.get(claim.group) ?? []), claim]);
  return [...groups.values()];
}

/** Return the claims of one stretch as one, to be shown and judged together; what is written anew stands in the last. */
export function joined(group) {
  return {
    ...group.at(-1),
    start: group[0].start,
    unit: group[0].unit,
    text: group.map((claim) => claim.text).join(''),
    group: group.map((claim) => claim.id),
    follows: [...new Set(group.flatMap((claim) => claim.follows))],
    more_units: [...new Set(group.flatMap((claim) => [claim.unit, ...claim.more_units]))].filter((unit) => unit && unit !== group[0].unit),
    name: group.length > 1 ? '' : group[0].name,
  };
}

/** Return what follows for one claim, or null where one of those that it repeats leaves it open. */
function followed(claim, verdicts, rules) {
  const said = claim.follows.map((id) => verdicts[id]);
  if (said.some((one) => !one || (one.verdict === 'wrong' && !one.code))) return null;
  for (const one of said.filter((other) => other.verdict === 'wrong')) {
    if (one.code === 'H3' && claim.side === 'N') continue;
    if (one.code === 'H4' && !claim.intensity) continue;
    if (rules.keeps.includes(one.code)) continue;
    if (claim.kind === 'au' && !rules.rejects.includes(one.code)) return null;
    return { ...blank, verdict: 'wrong', code: one.code, action_unit: one.action_unit, follows: true };
  }
  const open = said.find((one) => ['unsure', 'cannot_judge'].includes(one.verdict));
  return { ...blank, verdict: open ? open.verdict : 'correct', follows: true };
}

const fact = (said) => `${said.verdict} ${said.code} ${said.action_unit}`;

/** Bring the verdicts of all repeats in `state` up to date; those that somebody gave themselves stay. */
export function followAll(state, claims, rules) {
  for (const group of groupsOf(claims)) {
    const stored = group.map((claim) => state.verdicts[claim.id]);
    if (stored.some((said) => said && !said.follows)) continue;
    const fresh = group.map((claim) => followed(claim, state.verdicts, rules));
    const open = fresh.includes(null);
    const accepted = !open && fresh.some((said) => said.verdict === 'wrong')
      && fresh.every((said, index) => stored[index]?.replacement != null && (said.verdict !== 'wrong' || fact(said) === fact(stored[index])));
    if (accepted) continue;
    group.forEach((claim, index) => {
      if (open) delete state.verdicts[claim.id];
      else state.verdicts[claim.id] = fresh[index];
    });
  }
}

/** Return what is said of a stretch as a whole: the first that is wrong, else the first that is open. */
export function saidOf(group, verdicts) {
  const said = group.map((id) => verdicts[id]);
  if (said.some((one) => !one)) return null;
  const worst = said.find((one) => one.verdict === 'wrong' && one.code !== 'S1') ?? said.find((one) => one.verdict !== 'correct') ?? said[0];
  return { ...worst, replacement: said.at(-1).replacement };
}

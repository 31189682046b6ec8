// Sentences of judges, for people: what an argument names (a gate, a unit, a state) is worded too,
// and a parenthesis whose argument was not given is dropped instead of showing its braces.

import { has, language, phrase, t } from './lang.js';

const listed = { gates: 'gate.', conditions: 'gate.', rows: 'step.' };
const single = { unit: 'unit.', status: 'status.', metric: 'rehearsals.metric.' };

function worded(name, value) {
  const text = String(value);
  if (single[name]) return has(single[name] + text) ? t(single[name] + text) : text;
  if (!listed[name]) return text;
  return text.split(', ').map(one => {
    const key = listed[name] + one + (name === 'rows' ? '' : '.name');
    return has(key) ? t(key) : one;
  }).join(language() === 'zh' ? '、' : ', ');
}

/** Words a phrase `{key, args}`; `arguments` is read too, as stored records have it. */
export function said(given) {
  if (!given) return '';
  if (typeof given === 'string') return has(given) ? t(given) : given;
  const args = {};
  for (const [name, value] of Object.entries(given.args || given.arguments || {})) args[name] = worded(name, value);
  return phrase({ key: given.key || '', args })
    .replace(/\s*[（(][^()（）]*\{\w+\}[^()（）]*[)）]/g, '').replace(/\{\w+\}/g, '–');
}

/** A list that may be missing. */
export const list = given => (Array.isArray(given) ? given : []);

/** The first field that is there: names come in snake case, older agents wrote camels. */
export function field(row, ...names) {
  for (const name of names) if (row && row[name] !== undefined && row[name] !== null) return row[name];
  return null;
}

/** Milliseconds of what may be milliseconds, seconds or an ISO date; null when it is none. */
export function millis(given) {
  if (given === null || given === undefined || given === '') return null;
  const number = typeof given === 'number' ? given : /^\d+(\.\d+)?$/.test(given) ? Number(given) : Date.parse(given);
  if (!Number.isFinite(number)) return null;
  return number < 1e11 ? number * 1000 : number;
}

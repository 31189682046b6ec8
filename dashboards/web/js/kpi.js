// A delivery figure: its value in words, and its card. The card always says how many rows stand
// behind the value; a click opens formula and rows (figure.js).

import { h } from './dom.js';
import { digits, format, duration, unknown } from './format.js';
import { has, t } from './lang.js';
import { field, list, said } from './said.js';
import { sparkline } from './spark.js';

export const dora = ['deployment_frequency', 'change_lead_time_hours', 'change_fail_rate', 'recovery_time_hours', 'rework_rate'];

const groups = {
  flow: /^(velocity|iteration_|planned_iteration|completion_rate|capacity_|scope_change|item|work_in_progress|flow_|commits|changes_merged|change_size|pr_)/,
  release: /^(release|deployments)/,
  quality: /^(build_|test_|flaky|line_coverage|branch_coverage|defect|open_defect|incident|unlinked|acknowledge|reopened)/,
  people: /^(satisfaction|thumbs_up|review_|first_response|unreviewed|approved)/,
};

/** The group of a figure on the page, in the order of the page. */
export const groupNames = [...Object.keys(groups), 'other'];
export const groupOf = id => Object.keys(groups).find(name => groups[name].test(id)) || 'other';

const words = {
  hours: v => duration(v * 3600),
  minutes: v => duration(v * 60),
  days: v => duration(v * 86400),
  share: v => format(v, 'ratio'),
  count: v => format(v, 'count'),
  points: v => t('kpi.points', { value: digits(v) }),
  lines: v => t('kpi.lines', { value: digits(v) }),
  per_week: v => t('kpi.per_week', { value: digits(v) }),
};

/** A value in the unit of its figure; a dash when it is not known. */
export function amount(value, unit) {
  const number = value === null || value === undefined ? NaN : Number(value);
  return Number.isFinite(number) ? (words[unit] || (v => digits(v)))(number) : unknown;
}

export const known = kpi => kpi.value !== null && kpi.value !== undefined && Number.isFinite(Number(kpi.value));
export const nameOf = id => (has('kpi.name.' + id) ? t('kpi.name.' + id) : String(id || '').replaceAll('_', ' '));
export const why = kpi => said(kpi.reason || kpi.missing) || t('kpi.missing.rows');

/** How sure an interval is: 95 % unless it says otherwise. */
export const sureness = kpi => t('kpi.level', { level: digits((kpi.interval?.level ?? 0.95) * 100) });

/** An interval comes as [low, high] or as {low, high, level}. */
export function interval(kpi) {
  const given = kpi.interval;
  const [low, high] = Array.isArray(given) ? given : [given?.low, given?.high];
  if (!Number.isFinite(low) || !Number.isFinite(high) || low === high) return '';
  const shared = !/^(hours|minutes|days)$/.test(kpi.unit); // of `2 to 4 d/week` the unit is said once
  return t('kpi.interval', { low: shared ? digits(low * (kpi.unit === 'share' ? 100 : 1)) : amount(low, kpi.unit), high: amount(high, kpi.unit) });
}

/** The level of a yardstick with its name: `high · dora-2023`, its limits as a hint. */
export function yardstick(kpi) {
  const given = kpi.yardstick;
  if (!given) return null;
  if (typeof given === 'string') return h('span.mute', given);
  const level = given.level ? (has('level.' + given.level) ? t('level.' + given.level) : given.level) : null;
  return h('span.yardstick', { title: [given.source, limits(given)].filter(Boolean).join(': ') },
    level ? h('b', level) : null, level ? ' · ' : '', [given.name, !/\d{4}/.test(given.name || '') ? given.year : null].filter(Boolean).join(' '));
}

export function limits(given) {
  const text = field(given, 'text', 'limits');
  return typeof text === 'string' ? text : '';
}

/** 98 % is drawn beside the success rate: the case study's figure, labelled so. */
const reference = { release_success_rate: 0.98 };

/** `points` are [millis, value] pairs of its history; `weeks` how far they reach. */
export function card(kpi, { points = [], weeks = 52, open }) {
  const name = nameOf(kpi.id);
  const value = amount(kpi.value, kpi.unit);
  const line = sparkline(points, {
    height: 32, threshold: reference[kpi.id] ?? null, label: t('kpi.spark', { name, weeks, value }),
  });
  const small = list(kpi.notes).length || kpi.note ? h('span.kpi-mark', { title: list(kpi.notes).map(said).join(' ') || said(kpi.note) }, '*') : null;
  return h('button.card.stat.kpi', { type: 'button', 'data-id': kpi.id, onclick: () => open(kpi.id), title: t('kpi.explain') },
    h('span.kpi-name', name, small),
    h('span.stat-value', value),
    h('span.kpi-line.mute', known(kpi) ? t('kpi.n', { count: format(kpi.n ?? null, 'count') }) : why(kpi),
      known(kpi) && interval(kpi) ? h('span', { title: sureness(kpi) }, interval(kpi)) : null),
    yardstick(kpi),
    line ? h('span.stat-line', line) : null,
    line && reference[kpi.id] ? h('span.kpi-line.mute', t('delivery.case_study')) : null);
}

/** The name of a scope: its parts, or everything. */
export function scopeName(scope) {
  const parts = ['team', 'repository', 'service', 'iteration', 'release'].map(part => scope?.[part]).filter(Boolean);
  return parts.join(' · ') || t('delivery.everything');
}


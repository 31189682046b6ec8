// Numbers for people: base units in, human units out, three significant digits, a thin space before
// the unit. The same rules hold on every page. An unknown number is a dash, never a zero.

import { locale, t } from './lang.js';

const thin = '\u2009';
export const unknown = '–';

const decimal = [[1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const binary = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].map((p, i) => [2 ** (60 - 10 * i), p]);
const fractions = [[1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];

/** Three significant digits without an exponent for what a person still reads. */
export function digits(value, count = 3) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e21 || size < 1e-9) return value.toExponential(2);
  const places = Math.max(0, count - 1 - Math.floor(Math.log10(size)));
  return size >= 100 && Number.isInteger(value) ? String(value) : trim(value.toFixed(Math.min(places, 12)));
}

const trim = text => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function scaled(value, steps, unit) {
  const size = Math.abs(value);
  for (const [factor, prefix] of steps) {
    if (size >= factor) return digits(value / factor) + thin + prefix + unit;
  }
  return digits(value) + (unit ? thin + unit : '');
}

function small(value, unit) {
  const size = Math.abs(value);
  for (const [factor, prefix] of fractions) {
    if (size >= factor) return digits(value / factor) + thin + prefix + unit;
  }
  return digits(value) + thin + unit;
}

/** A span of seconds as people say it: `1.84 s`, `3 min 20 s`, `2 d 4 h`. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return unknown;
  const size = Math.abs(seconds);
  if (size < 60) return size === 0 ? '0' + thin + 's' : small(seconds, 's');
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.round(size);
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']]; // words: unit.d, unit.h, unit.min, unit.s
  const first = parts.findIndex(([length]) => whole >= length);
  const [length, name] = parts[first];
  const [nextLength, nextName] = parts[first + 1] || [1, ''];
  const count = Math.floor(whole / length);
  const rest = Math.floor((whole - count * length) / nextLength);
  const fine = rest && nextName && !(name === 'min' && count >= 10); // seconds beside ten minutes are noise
  const word = unit => t('unit.' + unit);
  const tail = fine ? ' ' + rest + thin + word(nextName) : '';
  return sign + count + thin + word(name) + tail;
}

const kinds = {
  percent: v => digits(v) + thin + '%',
  ratio: v => digits(v * 100) + thin + '%',
  bytes: v => scaled(v, binary, 'B'),
  bytes_per_second: v => scaled(v, binary, 'B/s'),
  bits_per_second: v => scaled(v, decimal, 'bit/s'),
  seconds: duration,
  milliseconds: v => duration(v / 1000),
  per_second: v => (Math.abs(v) >= 1 || v === 0 ? scaled(v, decimal, '') + (Math.abs(v) < 1e3 ? thin : '') + '/s' : digits(v) + thin + '/s'),
  celsius: v => digits(v) + thin + '°C',
  watts: v => scaled(v, decimal, 'W'),
  hertz: v => scaled(v, decimal, 'Hz'),
  timestamp: v => dateTime(v * 1000),
  short: v => (Math.abs(v) < 1e4 ? digits(v) : scaled(v, decimal, '')),
  count: v => (Math.abs(v) < 1e5 && Number.isInteger(v) ? v.toLocaleString('en-GB').replaceAll(',', thin) : scaled(v, decimal, '')),
  number: v => (Math.abs(v) < 1e4 ? digits(v, 4) : scaled(v, decimal, '')),
};

/** Words a value in its unit. */
export function format(value, unit = 'number') {
  if (value === null || value === undefined || Number.isNaN(value)) return unknown;
  if (value === Infinity) return '+∞';
  if (value === -Infinity) return '−∞';
  const worded = (kinds[unit] || kinds.number)(value);
  return unit in kinds || !unit || unit === 'none' ? worded : worded + thin + unit;
}

/** The unit as a panel's head shows it, in grey. */
export const unitText = unit => ({
  percent: '%', ratio: '%', bytes: 'B', bytes_per_second: 'B/s', bits_per_second: 'bit/s',
  seconds: 's', milliseconds: 's', per_second: '/s', celsius: '°C', watts: 'W', hertz: 'Hz',
})[unit] || '';

/** Prometheus writes numbers as text, `NaN` and `+Inf` among them. */
export function number(text) {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

/** What a PromQL expression most likely measures, by the naming rules of Prometheus. */
export function guessUnit(expr) {
  const bare = expr.replace(/"[^"]*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]/g, '');
  if (/[*/]/.test(bare)) return 'number';
  const rated = /\b(i?rate|deriv)\s*\(/.test(bare);
  if (/_bytes(_total)?\b/.test(bare)) return rated ? 'bytes_per_second' : 'bytes';
  if (/histogram_quantile|_seconds\b/.test(bare) && !/_(time|timestamp|created)_?seconds\b/.test(bare)) return 'seconds';
  if (/_seconds_total\b/.test(bare)) return rated ? 'ratio' : 'seconds';
  if (/_ratio\b/.test(bare)) return 'ratio';
  if (/_celsius\b/.test(bare)) return 'celsius';
  return rated ? 'per_second' : 'number';
}

const formats = new Map();
function dates(options) {
  const key = locale() + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale(), { hour12: false, ...options }));
  return formats.get(key);
}

const clockParts = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
export const clock = millis => dates({ ...clockParts, second: '2-digit' }).format(millis);
export const shortClock = millis => dates(clockParts).format(millis);
export const dayText = millis => dates({ day: 'numeric', month: 'short' }).format(millis);
export const dateTime = millis =>
  dates({ year: 'numeric', month: 'short', day: 'numeric', ...clockParts, second: '2-digit' }).format(millis);
export const lineTime = millis =>
  dates({ ...clockParts, second: '2-digit', fractionalSecondDigits: 3 }).format(millis);

/** `3 min ago`, in the language of the page. */
export function ago(millis, now = Date.now()) {
  const seconds = (now - millis) / 1000;
  return seconds < 5 ? t('time.just_now') : t('time.ago', { span: duration(Math.round(seconds)) });
}

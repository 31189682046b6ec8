// Understands a typed stretch of time: `6h`, `now-6h to now-1h`, `today`, `昨天`, `最近 6 小时`,
// `2026-10-18 09:00 to 12:00`. Pure: text and the present in, `{from, to}` out, where an end is
// milliseconds or an expression such as `now-6h`. What it does not understand is null.

const unitMillis = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31536e6 };
const unitWords = [
  [/^(s|secs?|seconds?|秒钟?)$/, 's'], [/^(m|mins?|minutes?|分钟?)$/, 'm'],
  [/^(h|hrs?|hours?|个?小时|时)$/, 'h'], [/^(d|days?|天|日)$/, 'd'],
  [/^(w|wks?|weeks?|周|个?星期)$/, 'w'], [/^(y|years?|年)$/, 'y'],
];

function unitOf(word) {
  return unitWords.find(([pattern]) => pattern.test(word))?.[1] ?? null;
}

/** Milliseconds of `1h30m`, `90 minutes`, `6 小时`; null when it is something else. */
export function lengthMillis(text) {
  let rest = text.trim().toLowerCase();
  if (!rest) return null;
  let sum = 0;
  while (rest) {
    const part = /^(\d+(?:\.\d+)?)\s*([a-z]+|[\u4e00-\u9fff]+)\s*/.exec(rest);
    const unit = part && unitOf(part[2]);
    if (!unit) return null;
    sum += Number(part[1]) * unitMillis[unit];
    rest = rest.slice(part[0].length);
  }
  return sum || null;
}

/** `1h`, `15m`: the shortest way to write a length that has whole seconds. */
export function lengthText(millis) {
  for (const unit of ['w', 'd', 'h', 'm']) {
    if (millis % unitMillis[unit] === 0) return millis / unitMillis[unit] + unit;
  }
  return Math.round(millis / 1000) + 's';
}

function dayStart(now, shift = 0) {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() + shift);
  return day.getTime();
}

const named = [
  [/^(today|今天|今日)$/, now => ({ from: dayStart(now), to: 'now' })],
  [/^(yesterday|昨天|昨日)$/, now => ({ from: dayStart(now, -1), to: dayStart(now) })],
  [/^(this week|本周|这周)$/, now => ({ from: dayStart(now, -((new Date(now).getDay() + 6) % 7)), to: 'now' })],
  [/^(last week|上周)$/, now => {
    const monday = dayStart(now, -((new Date(now).getDay() + 6) % 7));
    return { from: monday - 7 * unitMillis.d, to: monday };
  }],
];

const stamp = /^(?:(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?)?(?:[ tT]*(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?)?(z)?$/i;

/** One end of a span: milliseconds, or `now-…`; null when not understood. */
export function moment(text, base) {
  const bare = text.trim().toLowerCase();
  if (bare === 'now' || bare === '现在') return 'now';
  const relative = /^now\s*-\s*(.+)$/.exec(bare);
  if (relative) {
    const length = lengthMillis(relative[1]);
    return length === null ? null : 'now-' + lengthText(length);
  }
  if (/^\d{10}$/.test(bare)) return Number(bare) * 1000;
  if (/^\d{13}$/.test(bare)) return Number(bare);
  const parts = stamp.exec(bare);
  if (!parts || (!parts[1] && !parts[4])) return null;
  const day = new Date(base);
  const date = parts[1]
    ? [Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])]
    : [day.getFullYear(), day.getMonth(), day.getDate()];
  const time = [parts[4] || 0, parts[5] || 0, parts[6] || 0].map(Number);
  if (date[1] > 11 || date[2] > 31 || time[0] > 24 || time[1] > 59 || time[2] > 59) return null;
  return parts[7] ? Date.UTC(...date, ...time) : new Date(...date, ...time).getTime();
}

/** `{from, to}` of what was typed, or null. */
export function understand(text, now = Date.now()) {
  const typed = text.trim().replace(/\s+/g, ' ');
  const lower = typed.toLowerCase();
  for (const [pattern, make] of named) if (pattern.test(lower)) return make(now);
  const recent = lower.replace(/^(last|past|最近|过去)\s*/, '').replace(/^(minute|hour|day|week)$/, '1 $1');
  const length = lengthMillis(recent);
  if (length) return { from: 'now-' + lengthText(length), to: 'now' };
  const ends = typed.split(/\s*(?:\bto\b|\bbis\b|到|至|~|–|—|\.\.| - )\s*/i);
  if (ends.length > 2) return null;
  const from = moment(ends[0], now);
  if (from === null) return null;
  if (ends.length === 1) {
    const wholeDay = typeof from === 'number' && !/[:：]/.test(typed) && !/^\d+$/.test(typed);
    const span = { from, to: wholeDay ? from + unitMillis.d : 'now' };
    return wholeDay || resolve(span, now)[0] < now ? span : null;
  }
  const to = moment(ends[1], typeof from === 'number' ? from : now);
  if (to === null) return null;
  const [a, b] = resolve({ from, to }, now);
  return b > a ? { from, to } : null;
}

/** Both ends in milliseconds. */
export function resolve({ from, to }, now = Date.now()) {
  const end = value => (typeof value === 'number' ? value
    : value === 'now' ? now : now - (lengthMillis(value.slice(4)) || 0));
  return [end(from), end(to)];
}

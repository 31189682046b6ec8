// Reads PromQL only as far as the editor needs: tokens for colours, and what stands at the cursor
// for suggestions. The agent's parser alone decides what is right; its answer names the column.

export const functions = `abs(v) absent(v) absent_over_time(r) avg_over_time(r) ceil(v) changes(r) clamp(v,min,max)
clamp_max(v,max) clamp_min(v,min) count_over_time(r) day_of_month(v) day_of_week(v) day_of_year(v) days_in_month(v)
delta(r) deriv(r) double_exponential_smoothing(r,sf,tf) exp(v) floor(v) histogram_avg(v) histogram_count(v) histogram_fraction(low,high,v)
histogram_quantile(q,v) histogram_stddev(v) histogram_stdvar(v) histogram_sum(v) hour(v) idelta(r) increase(r) irate(r)
label_join(v,to,sep,from…) label_replace(v,to,text,from,regex) last_over_time(r) ln(v) log10(v) log2(v) mad_over_time(r)
max_over_time(r) min_over_time(r) minute(v) month(v) pi() predict_linear(r,seconds) present_over_time(r)
quantile_over_time(q,r) rate(r) resets(r) round(v,to) scalar(v) sgn(v) sort(v) sort_by_label(v,label…) sort_by_label_desc(v,label…)
sort_desc(v) sqrt(v) stddev_over_time(r) stdvar_over_time(r) sum_over_time(r) time() timestamp(v) vector(s) year(v)
acos(v) acosh(v) asin(v) asinh(v) atan(v) atanh(v) cos(v) cosh(v) deg(v) rad(v) sin(v) sinh(v) tan(v) tanh(v)`
  .split(/\s+/).map(text => ({ name: text.split('(')[0], signature: text.replaceAll(',', ', ') }));

export const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'count_values', 'group', 'quantile', 'stddev', 'stdvar', 'topk', 'bottomk', 'limitk', 'limit_ratio'];
const keywords = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'bool', 'offset', 'and', 'or', 'unless', 'atan2', 'start', 'end', 'inf', 'nan'];
const functionNames = new Set(functions.map(one => one.name));
const aggregationNames = new Set(aggregations);
const keywordNames = new Set(keywords);

const pattern = /(#[^\n]*)|("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?)|(\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*|0x[\da-f]+|\d*\.?\d+(?:e[+-]?\d+)?)|([a-zA-Z_:][\w:]*)|(=~|!~|==|!=|<=|>=|[-+*/%^=<>@])|([(){}\[\],])|(\s+)|(.)/giy;
const kindNames = ['comment', 'string', 'number', 'word', 'operator', 'bracket', 'space', 'other'];

/** Tokens {kind, text, at}; every character belongs to one. */
export function tokens(text) {
  const list = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match && match[0]; match = pattern.exec(text)) {
    const index = match.slice(1).findIndex(group => group !== undefined);
    list.push({ kind: kindNames[index], text: match[0], at: match.index });
    if (pattern.lastIndex >= text.length) break;
  }
  let inside = 0;
  list.forEach((token, i) => {
    if (token.text === '{') inside += 1;
    if (token.text === '}') inside -= 1;
    if (token.kind !== 'word') return;
    const next = list.slice(i + 1).find(one => one.kind !== 'space')?.text;
    const lower = token.text.toLowerCase();
    if (inside > 0) token.kind = 'label';
    else if (aggregationNames.has(lower) && (next === '(' || next === 'by' || next === 'without')) token.kind = 'function';
    else if (functionNames.has(lower) && next === '(') token.kind = 'function';
    else if (keywordNames.has(lower)) token.kind = 'keyword';
    else token.kind = 'metric';
  });
  return list;
}

/**
 * What is being written at `caret`: {want: 'metric' | 'label' | 'value' | 'duration' | 'none', from,
 * typed, metric, label}; `from` is where the typed part begins.
 */
export function contextAt(text, caret) {
  const before = tokens(text.slice(0, caret));
  const last = before.at(-1);
  const typed = last && /^(metric|label|function|keyword|word)$/.test(last.kind) ? last.text : '';
  const from = caret - typed.length;
  const open = [];
  let metric = '';
  let label = '';
  before.forEach((token, i) => {
    if (token.kind === 'metric' && token !== last) metric = token.text;
    if ('([{'.includes(token.text) && token.kind === 'bracket') {
      const previous = before.slice(0, i).findLast(one => one.kind !== 'space');
      open.push({ bracket: token.text, after: previous?.text.toLowerCase() || '', metric: previous?.kind === 'metric' ? previous.text : '' });
    } else if (token.kind === 'bracket' && ')]}'.includes(token.text)) open.pop();
    if (token.kind === 'label') label = token.text;
  });
  const within = open.at(-1);
  if (last?.kind === 'comment') return { want: 'none', from: caret, typed: '' };
  if (within?.bracket === '[') return { want: 'duration', from: caret, typed: '' };
  if (within?.bracket === '{') {
    if (last?.kind === 'string' && !closed(last.text)) {
      return { want: 'value', from: last.at + 1, typed: last.text.slice(1), metric: within.metric, label };
    }
    return { want: last?.kind === 'operator' || last?.kind === 'string' ? 'none' : 'label', from, typed, metric: within.metric };
  }
  if (last?.kind === 'string' || last?.kind === 'number') return { want: 'none', from: caret, typed: '' };
  if (within && /^(by|without|on|ignoring|group_left|group_right)$/.test(within.after)) {
    const all = tokens(text);
    return { want: 'label', from, typed, metric: metric || all.find(one => one.kind === 'metric' && one.at > caret)?.text || '' };
  }
  return { want: 'metric', from, typed };
}

const closed = text => text.length > 1 && text.at(-1) === text[0] && text.at(-2) !== '\\';

/**
 * Where an error is: {at, end, line, column, message}. The agent says it beside the message as UTF-8
 * bytes {from, through}; Prometheus says `1:5:` inside the message. `at` is null when neither does.
 */
export function errorPlace(text, message, position) {
  const bare = message.replace(/^invalid parameter "query":\s*/, '');
  if (position) {
    const at = indexOfByte(text, position.from);
    const before = text.slice(0, at).split('\n');
    return { at, end: indexOfByte(text, position.through), line: before.length, column: before.at(-1).length + 1, message: bare.replace(/^\d+:\d+:\s*(?:parse error:\s*)?/, '') };
  }
  const place = /(?:^|\s)(\d+):(\d+):\s*(?:parse error:\s*)?/.exec(bare);
  if (!place) return { at: null, message: bare };
  const lines = text.split('\n');
  const line = Math.min(Number(place[1]), lines.length);
  const column = Number(place[2]);
  const at = Math.min(lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1, text.length);
  return { at, end: at, message: bare.slice(place.index + place[0].length), line, column };
}

/** The place in a text that its UTF-8 byte `byte` belongs to. */
export function indexOfByte(text, byte) {
  const bytes = new TextEncoder().encode(text);
  return new TextDecoder().decode(bytes.slice(0, byte)).length;
}

// A list of log lines, newest first: time, level, source, body with the searched words marked. A
// click opens a line: the whole body, its fields, the lines around it.

import { h, put } from './dom.js';
import { levelToken } from './color.js';
import { dayText, lineTime, dateTime } from './format.js';
import { icon } from './icons.js';
import { t } from './lang.js';
import { copy } from './parts.js';
import { toast } from './toast.js';

/** Time and level at the head of a line, which the list shows in columns of their own. */
const stamp = /^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s+(?:\[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\]?:?\s+)?(?=\S)/i;

const key = record => `${record.time}\u0000${record.severity}\u0000${record.body}`;

/** What the search field's text marks in a body: words and phrases, not what it excludes. */
export function marks(query) {
  const found = [];
  for (const [, minus, phrase, word] of query.matchAll(/(-?)(?:"([^"]+)"|(\S+))/g)) {
    if (!minus) found.push((phrase || word || '').replace(/\*$/, ''));
  }
  return found.filter(Boolean);
}

function marked(body, words) {
  if (!words.length) return body;
  const pattern = new RegExp(words.map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'gi');
  const parts = [];
  let from = 0;
  for (const match of body.matchAll(pattern)) {
    parts.push(body.slice(from, match.index), h('mark', match[0]));
    from = match.index + match[0].length;
  }
  parts.push(body.slice(from));
  return parts;
}

/** `words()` is the text of the search; `show(record, place)` draws the lines around one. */
export function linesOf({ words, show }) {
  const list = h('ol.lines', { 'aria-label': t('logs.lines') });
  const element = h('section.card.flush.lines-card', list);
  let records = [];
  let keys = new Set();
  let openCount = 0;
  let openKeys = new Set();

  function line(record) {
    const detail = h('div.line-detail', { hidden: true });
    const head = h('button.line-head', { type: 'button', 'aria-expanded': 'false', onclick: () => {
      if (!String(getSelection())) flip(detail.hidden);
    } },
    h('time', { title: dateTime(record.time * 1000) }, lineTime(record.time * 1000)),
    h('span.line-level', record.severity), h('span.line-source', record.labels?.source || ''),
    h('span.line-body', marked(record.body.replace(stamp, ''), marks(words()))));
    const item = h('li.line', { style: `--level:var(--${levelToken(record.severity)})`, 'data-level': record.severity }, head, detail);
    function flip(open) {
      detail.hidden = !open;
      head.setAttribute('aria-expanded', String(open));
      openKeys[open ? 'add' : 'delete'](key(record));
      openCount = openKeys.size;
      if (open && !detail.firstChild) fill(record, detail);
    }
    if (openKeys.has(key(record))) flip(true);
    return item;
  }

  function fill(record, detail) {
    const around = h('div.line-around');
    const fields = [...Object.entries(record.labels || {}), ...Object.entries(record.attributes || {})];
    put(detail, h('pre', record.body),
      h('dl.line-fields', h('dt', t('logs.time')), h('dd', `${dayText(record.time * 1000)} ${lineTime(record.time * 1000)}`),
        fields.map(([name, value]) => [h('dt', name), h('dd', typeof value === 'string' ? value : JSON.stringify(value))])),
      h('p.line-tools',
        h('button.quiet', { type: 'button', onclick: () => show(record, around) }, t('logs.context')),
        h('button.quiet', { type: 'button', onclick: async () => toast((await copy(record.body)) ? t('copy.done') : t('copy.failed')) }, icon('copy'), t('copy.copy'))),
      around);
  }

  return {
    element,
    get count() { return records.length; },
    get newest() { return records[0]?.time ?? null; },
    get isOpen() { return openCount > 0; },
    /** Words in place of lines. */
    waiting(content) {
      records = [];
      keys = new Set();
      put(list, content ? h('li.lines-words', content) : null);
    },
    set(next) {
      records = next;
      keys = new Set(next.map(key));
      openKeys = new Set([...openKeys].filter(one => keys.has(one)));
      openCount = openKeys.size;
      put(list, next.map(line));
    },
    append(next) {
      const came = next.filter(record => !keys.has(key(record)));
      for (const record of came) keys.add(key(record));
      records = [...records, ...came];
      list.append(...came.map(line));
    },
    unknown: next => next.filter(record => !keys.has(key(record))),
    without(some, others) {
      const known = new Set(others.map(key));
      return some.filter(record => !known.has(key(record)));
    },
    prepend(next, most) {
      if (!next.length) return;
      if (!records.length) put(list);
      for (const record of next) keys.add(key(record));
      records = [...next, ...records];
      list.prepend(...next.map(record => {
        const item = line(record);
        item.dataset.fresh = '';
        return item;
      }));
      for (const gone of records.splice(most)) keys.delete(key(gone));
      while (list.children.length > most) list.lastChild.remove();
    },
  };
}

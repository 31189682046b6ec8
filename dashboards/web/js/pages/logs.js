// Logs: words, level, source and time, a histogram that says when, lines newest first, and a live
// tail that asks every two seconds for what is new. Pausing keeps counting.

import { logs } from '../api.js';
import { h, put, later } from '../dom.js';
import { clock, dateTime, format } from '../format.js';
import { icon } from '../icons.js';
import { t } from '../lang.js';
import { linesOf } from '../lines.js';
import { command, empty, failure, skeleton } from '../parts.js';
import * as range from '../range.js';
import { query, setQuery } from '../route.js';
import { bars } from '../spark.js';
import { levelToken } from '../color.js';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'];
const pageLines = 200;
const shownLinesMax = 2000;   // beyond it the browser grows slow; older lines leave from the far end
const followMillis = 2000;

export function open(place, context) {
  const search = query();
  const wish = { query: search.get('query') || '', level: new Set((search.get('level') || '').split(',').filter(Boolean)), source: search.get('source') || '' };
  const field = h('input.logs-words', { type: 'search', 'data-search': '', value: wish.query, placeholder: t('logs.placeholder'), 'aria-label': t('logs.words'), spellcheck: 'false' });
  const chips = h('div.level-chips', { role: 'group', 'aria-label': t('logs.level') });
  const sources = h('select', { 'aria-label': t('logs.source'), onchange: () => { wish.source = sources.value; changed(); } });
  const follow = h('button.quiet.follow', { type: 'button', 'aria-pressed': 'false', onclick: () => setFollow(!following) });
  const trouble = h('div');
  const histogram = h('div.histogram');
  const fresh = h('button.fresh', { type: 'button', hidden: true, onclick: () => resume() });
  const list = linesOf({ words: () => wish.query, show: openContext });
  const more = h('div.more');
  put(place, h('form.logs-bar', { onsubmit: event => { event.preventDefault(); words(); } }, field, sources, follow), chips, trouble,
    h('section.card.histogram-card', histogram), fresh, list.element, more);
  let asked = null;
  let cursor = null;
  let last = null;       // the last good answer
  let following = false;
  let paused = false;
  let waiting = [];      // lines that came while paused
  let timer = 0;
  let knownSources = [];

  function words() {
    if (field.value.trim() === wish.query) return;
    wish.query = field.value.trim();
    changed();
  }
  field.addEventListener('input', later(words, 350));

  function changed() {
    setQuery({ query: wish.query || null, level: [...wish.level].join(',') || null, source: wish.source || null });
    drawChips();
    load();
  }

  const params = () => ({ query: wish.query, level: [...wish.level].join(','), source: wish.source });

  async function load() {
    asked?.abort();
    const request = (asked = new AbortController());
    const [from, to] = range.ends();
    if (!last) list.waiting(skeleton(8));
    try {
      const data = await logs({ ...params(), start: from / 1000, end: to / 1000, limit: pageLines }, request.signal);
      last = data;
      list.element.hidden = false;
      waiting = [];
      drawFresh();
      place.dataset.state = 'ready';
      put(trouble);
      cursor = data.next;
      drawSources(data.sources || []);
      drawChips();
      drawHistogram(data, from, to);
      if (data.records.length) list.set(data.records);
      else list.waiting(nothing());
      drawMore();
    } catch (error) {
      if (error.name === 'AbortError') return;
      place.dataset.state = 'stale';
      if (!last) histogram.parentNode.hidden = list.element.hidden = true;
      put(trouble, failure(error, load));
    }
  }

  function nothing() {
    const filtered = wish.query || wish.level.size || wish.source;
    if (filtered) {
      return empty(t('logs.no_match'), t('logs.no_match_why'), h('button.quiet', { type: 'button', onclick: () => {
        wish.query = field.value = '';
        wish.level.clear();
        wish.source = '';
        changed();
      } }, t('logs.clear')));
    }
    if (knownSources.length) return empty(t('logs.empty_range'), t('logs.empty_range_why'), h('button.quiet', { type: 'button', onclick: () => range.widen() }, t('range.widen')));
    const tile = context.home()?.tiles?.find(one => one.id === 'logs');
    return empty(t('logs.none'), t('logs.none_why'), command(tile?.command || "printf 'logs:\\n  - source: app\\n    paths: [/var/log/app/*.log]\\n' >> martlet.yml"));
  }

  function drawSources(names) {
    knownSources = [...new Set([...names, ...(wish.source ? [wish.source] : [])])].sort();
    put(sources, h('option', { value: '' }, t('logs.all_sources')), knownSources.map(name => h('option', { value: name, selected: name === wish.source }, name)));
  }

  function drawChips() {
    const totals = {};
    for (const bucket of last?.buckets || []) for (const [level, count] of Object.entries(bucket.counts)) totals[level] = (totals[level] || 0) + count;
    put(chips, levels.filter(level => totals[level] || wish.level.has(level) || /error|warn|info/.test(level)).map(level => h('button.level-chip', {
      type: 'button', 'aria-pressed': String(wish.level.has(level)), style: `--level:var(--${levelToken(level)})`,
      onclick: () => { wish.level.has(level) ? wish.level.delete(level) : wish.level.add(level); changed(); },
    }, h('span.dot', { 'aria-hidden': 'true' }), t('level.' + level), totals[level] ? h('b', format(totals[level], 'count')) : null)));
  }

  function drawHistogram(data, from, to) {
    const width = Math.max(200, list.element.clientWidth - 34); // the card's padding and border
    const stepMillis = (data.bucket_seconds || 60) * 1000;
    const total = data.buckets.reduce((sum, bucket) => sum + Object.values(bucket.counts).reduce((a, b) => a + b, 0), 0);
    histogram.parentNode.hidden = !total;
    const say = bucket => (bucket
      ? `${dateTime(bucket.time * 1000)}\n` + Object.entries(bucket.counts).filter(([, n]) => n).map(([level, n]) => `${t('level.' + level)} ${format(n, 'count')}`).join('\n')
      : t('logs.histogram', { count: format(total, 'count') }));
    put(histogram, bars(data.buckets, {
      keys: [...levels].reverse().map(level => [level, levelToken(level)]), width, height: 64, from, to, stepMillis, say,
      onPick: (a, b) => range.set({ from: Math.round(a), to: Math.round(b) }),
    }), h('p.histogram-ends', h('span', dateTime(from)), h('span', t('logs.histogram', { count: format(total, 'count') })), h('span', range.isLive() ? t('range.now') : dateTime(to))));
  }

  function drawMore() {
    put(more, cursor && list.count < shownLinesMax ? h('button.quiet', { type: 'button', onclick: older }, t('logs.older'))
      : list.count >= shownLinesMax ? h('p.mute', t('logs.cap', { count: shownLinesMax })) : list.count ? h('p.mute', t('logs.end')) : null);
  }

  async function older() {
    const [from, to] = range.ends();
    try {
      const data = await logs({ ...params(), start: from / 1000, end: to / 1000, limit: pageLines, before: cursor });
      cursor = data.next;
      list.append(data.records);
      drawMore();
    } catch (error) { put(more, failure(error, older)); }
  }

  function setFollow(on) {
    following = on;
    paused = false;
    waiting = [];
    clearTimeout(timer);
    put(follow, icon(on ? 'pause' : 'play'), h('span', t(on ? 'logs.following' : 'logs.follow')));
    follow.setAttribute('aria-pressed', String(on));
    drawFresh();
    if (!on) return;
    if (range.isLive()) load().then(tick);
    else range.set({ from: 'now-15m', to: 'now' });
  }

  /** Asks for what is newer than the newest line; the list leaves out what it already has. */
  async function tick() {
    clearTimeout(timer);
    if (!following) return;
    if (!document.hidden) {
      try {
        const start = list.newest ?? Date.now() / 1000 - 60;
        const data = await logs({ ...params(), start, end: Date.now() / 1000 + 1, limit: pageLines });
        const came = list.unknown(data.records);
        if (paused) waiting = [...came, ...list.without(waiting, came)].slice(0, shownLinesMax);
        else if (came.length) list.prepend(came, shownLinesMax);
        put(trouble);
      } catch (error) { if (error.name !== 'AbortError') put(trouble, failure(error)); }
      drawFresh();
    }
    timer = setTimeout(tick, followMillis);
  }

  function drawFresh() {
    fresh.hidden = !(following && paused);
    put(fresh, t('logs.waiting', { count: waiting.length }));
  }

  function resume() {
    list.prepend(waiting, shownLinesMax);
    waiting = [];
    paused = false;
    drawFresh();
    scrollTo({ top: 0 });
  }

  // Reading further down, or holding a selection, pauses the tail; its lines are kept and counted.
  const onScroll = () => {
    if (following && !paused && scrollY > 240) { paused = true; drawFresh(); }
    else if (following && paused && scrollY < 40) resume();
  };
  addEventListener('scroll', onScroll, { passive: true });

  /** The lines around one, of the same source, half a minute to each side. */
  async function openContext(record, target) {
    put(target, skeleton(3));
    try {
      const data = await logs({ source: record.labels?.source, start: record.time - 30, end: record.time + 30, limit: 100 });
      const at = data.records.findIndex(one => one.time === record.time && one.body === record.body);
      const around = at < 0 ? data.records : data.records.slice(Math.max(0, at - 8), at + 9);
      put(target, h('p.mute', t('logs.context_of', { source: record.labels?.source || '', time: clock(record.time * 1000) })),
        h('ol.context', around.map(one => h('li', { 'data-here': one.time === record.time && one.body === record.body ? '' : null, style: `--level:var(--${levelToken(one.severity)})` },
          h('time', clock(one.time * 1000)), h('span', one.body)))));
    } catch (error) { put(target, failure(error)); }
  }

  setFollow(search.has('follow'));
  drawChips();
  drawSources([]);
  load();
  return {
    update: () => { if (!following && scrollY < 40 && !list.isOpen) load(); },
    ranged: () => { if (following && !range.isLive()) setFollow(false); load().then(tick); },
    close() {
      following = false;
      clearTimeout(timer);
      asked?.abort();
      removeEventListener('scroll', onScroll);
    },
  };
}

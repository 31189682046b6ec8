// Home: one sentence that says whether all is quiet, then a tile for each thing that is watched.

import { ranged } from '../api.js';
import { h, put } from '../dom.js';
import { duration, format } from '../format.js';
import { phrase, t } from '../lang.js';
import { command, notice, skeleton } from '../parts.js';
import { rowsOf } from '../quick.js';
import { sparkline } from '../spark.js';
import { tile } from '../tile.js';

const sparkMinutes = 30;
const sparkStep = 15;
const cpu = 'avg by (instance) (1 - sum by (instance, cpu) (rate(node_cpu_seconds_total{mode="idle"}[1m])))';

/** What has something to say comes first; what waits for data keeps its order behind. */
const lively = tiles => [...tiles.filter(one => one.state !== 'empty'), ...tiles.filter(one => one.state === 'empty')];

export function open(place, context) {
  const sentence = h('div.sentence', { role: 'status' }, skeleton(1));
  const tiles = h('div.tiles', Array.from({ length: 6 }, () => h('div.card.tile', skeleton(3))));
  put(place, sentence, tiles);
  let spark = null;

  async function live() {
    const end = Math.floor(Date.now() / 1000 / sparkStep) * sparkStep;
    const start = end - sparkMinutes * 60;
    try {
      const answer = await ranged(cpu, start, end, sparkStep);
      const first = answer.data.result[0];
      const all = first ? rowsOf(first, start, end, sparkStep) : [];
      const points = all.slice(Math.max(0, all.findIndex(([, value]) => value !== null))); // a young agent has less than half an hour
      const known = points.filter(([, value]) => value !== null);
      const minutes = Math.max(1, Math.round((points.length * sparkStep) / 60));
      const line = known.length > 1 ? sparkline(points, {
        max: Math.max(0.1, ...known.map(([, value]) => value)), height: 44,
        label: t('home.spark', { now: format(known.at(-1)[1], 'ratio'), minutes }),
      }) : null;
      spark = line ? h('figure.tile-spark', line, h('figcaption', t('home.spark_caption', { minutes }), h('b', format(known.at(-1)[1], 'ratio')))) : null;
    } catch { return; } // the tile keeps what it has; the frame says when nobody answers
    draw(context.home());
  }

  function draw(home) {
    if (!home) return;
    const said = { ...home.sentence, args: { ...home.sentence?.args } };
    if (said.args.minutes) said.args.span = duration(Number(said.args.minutes) * 60);
    const state = home.firing ? 'bad' : home.pending || /nobody/.test(said.key || '') ? 'warn' : /starting/.test(said.key || '') ? 'empty' : 'ok';
    put(sentence, h('p.sentence-text', { 'data-state': state }, h('span.dot', { 'aria-hidden': 'true' }), phrase(said)),
      h('p.mute', [home.hostname, 'Martlet ' + home.version, home.started ? t('home.up', { span: duration(Math.max(1, Math.round(Date.now() / 1000 - home.started))) }) : null].filter(Boolean).join(' · ')));
    if (home.receivers === 0) sentence.append(notice('warn', h('span', t('alerts.nobody')), command('martlet run --webhook URL')));
    put(tiles, lively(home.tiles || []).map(data => tile(data, data.id === 'host' ? spark : null)));
  }

  context.onHome(draw);
  live();
  return { update: () => { context.askHome(); live(); } };
}


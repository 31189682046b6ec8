// Models while it has nothing to show: what the page is for,
// what is missing, and the command that brings it, with the agent's real address. When the agent's
// tile says more (its own headline, facts, command), that is shown instead.

import { h, put } from '../dom.js';
import { phrase, t } from '../lang.js';
import { command, exploreLink, pill } from '../parts.js';
import { facts } from '../tile.js';
import { icon } from '../icons.js';

const examples = {
  models: '{"name":"model_accuracy_ratio","labels":{"model":"chat","version":"v1"},"value":0.93}',
};

export function open(place, context) {
  const id = context.path.slice(1);

  function draw(home) {
    const tile = home?.tiles?.find(one => one.id === id);
    const address = home?.address || location.origin;
    const metric = /"name":\s*"([a-zA-Z_:][\w:]*)"/.exec(tile?.command || examples[id])?.[1] || 'up';
    const has = tile && tile.state !== 'empty';
    put(place, h('section.card.soon',
      h('div.soon-icon', icon(id)),
      h('h2', has ? phrase(tile.headline) : t(`soon.${id}.title`)),
      has ? h('p', pill(tile.state, t('state.' + tile.state))) : null,
      has && tile.facts?.length ? facts(tile.facts) : null,
      h('p.soon-what', t(`soon.${id}.what`)),
      has ? null : [
        h('h3', t('soon.missing')), h('p', t(`soon.${id}.missing`)),
        h('h3', t('soon.bring')), h('p', t(`soon.${id}.bring`)),
        command(tile?.command || `curl -s ${address}/api/martlet/v1/kpis -d '${examples[id]}'`),
        h('p.mute', t('soon.then'), ' ', h('a', { href: exploreLink(metric) }, metric)),
      ]));
  }
  draw(context.home());
  context.onHome(draw);
  return { update: context.askHome };
}

/** Where the outputs of a step can be looked at. Pure. */
import type { Step } from '../../api/queries';

interface StepLink {
  to: string;
  hash?: string;
  text: string;
}

function text(outputs: Step['outputs'], ...keys: string[]): string {
  for (const key of keys) {
    const value = outputs[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

type Maker = (outputs: Step['outputs']) => StepLink[];

const one = (to: string, id: string, words: string): StepLink[] =>
  id === '' ? [] : [{ to: `${to}${encodeURIComponent(id)}`, text: words }];

const kMakers: Record<string, Maker> = {
  triage: () => [{ to: '/modes', text: 'Failure modes' }],
  curate: (o) => one('/campaigns/', text(o, 'campaign', 'id'), 'What was picked'),
  label: (o) => one('/batches/', text(o, 'batch', 'id'), 'The batch'),
  version: (o) => [{ to: '/versions', hash: text(o, 'version'), text: `Version ${text(o, 'version')}` }],
  train: (o) => one('/models/', text(o, 'challenger', 'model'), 'The new model'),
  gate: (o) => one('/gates/', text(o, 'report', 'gate_report', 'id'), 'Gate report'),
  deploy: (o) => one('/models/', text(o, 'model'), 'The model at work'),
  monitor: () => [{ to: '/monitor', text: 'Production' }],
};

export function stepLinks(step: Step): StepLink[] {
  if (step.state === 'pending' || step.state === 'running') return [];
  return kMakers[step.name]?.(step.outputs) ?? [];
}

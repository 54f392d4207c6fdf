/** From what the address says to what is asked of the server, and the choices that the page offers. Pure. */
import type { Evaluation, Model } from '../../api/queries';
import type { Looking } from '../../api/samples';
import type { MarkKind, Shown } from '../../draw/marks';
import type { Task } from '../../draw/task';
import type { ChoiceOption } from '../../ui/Choice';

export interface LookingSearch extends Looking {
  score?: number;
}

export const kScoreMin = 0.3;

export function lookingOf(search: LookingSearch): Looking {
  const { where, sort, model, evaluation, show, layer } = search;
  const looking = { where, sort, model, evaluation, show, class: search.class, layer };
  return Object.fromEntries(Object.entries(looking).filter(([, v]) => v !== undefined && v !== ''));
}

/** Where one answer is given for the whole sample, it counts however sure the model is. */
export function shownOf(search: LookingSearch, task: Task): Shown {
  const scoreMin = task === 'detection' ? (search.score ?? kScoreMin) : 0;
  return { labels: true, predictions: true, scoreMin };
}

export function sorts(looking: Looking): ChoiceOption[] {
  return [
    { value: 'key', label: 'By name' },
    { value: '-captured_at', label: 'Newest first' },
    { value: 'captured_at', label: 'Oldest first' },
    ...(looking.evaluation ? [{ value: 'mistakes', label: 'Most mistakes first' }] : []),
    ...(looking.model ? [{ value: 'loss', label: 'Least like the labels first' }] : []),
  ];
}

/** The kinds of marks that the view can have. */
export function legendOf(looking: Looking): MarkKind[] {
  if (looking.evaluation) return ['found', 'missed', 'alarm'];
  return looking.model ? ['label', 'guess'] : ['label'];
}

interface Looks {
  options: ChoiceOption[];
  valueOf: (search: Looking) => string;
  searchOf: (value: string) => Looking;
}

/**
 * A choice for each model alone, and one for each of its evaluations (where labels and predictions were compared),
 * the newest first.
 */
export function looks(models: readonly Model[], evaluations: readonly Evaluation[]): Looks {
  const rows = models.flatMap((model) => {
    const compared = evaluations
      .filter((e) => e.model === model.id)
      .map((e) => ({
        value: `${model.id}/${e.id}`,
        label: `${model.name}, on ${e.version} ${e.split}`,
        search: { model: model.id, evaluation: e.id },
      }));
    const alone = {
      value: `${model.id}/`,
      label: model.aliases.includes('champion') ? `${model.name} (at work)` : model.name,
      search: { model: model.id, evaluation: undefined } as Looking,
    };
    return [alone, ...compared];
  });
  return {
    options: [
      { value: '', label: 'None, labels only' },
      ...rows.map(({ value, label }) => ({ value, label })),
    ],
    valueOf: (search) => (search.model ? `${search.model}/${search.evaluation ?? ''}` : ''),
    searchOf: (value) =>
      rows.find((row) => row.value === value)?.search ?? { model: undefined, evaluation: undefined },
  };
}

/** The grid of samples: filter, order, whose predictions, which mistakes. All of it is in the address. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { evaluationsQuery, modelsQuery } from '../../api/queries';
import { type Looking, samplesPageQuery } from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { Legend } from '../../draw/Legend';
import { FilterBar } from '../../filters/FilterBar';
import { SampleGrid } from '../../grid/SampleGrid';
import { plural } from '../../lib/format';
import { type TaskWords, taskWords, useTask, useWords } from '../../draw/task';
import { Choice } from '../../ui/Choice';
import { Page } from '../../ui/Page';
import { type LookingSearch, legendOf, looks, lookingOf, shownOf, sorts } from './looking';
import { ScoreSlider } from './ScoreSlider';
import styles from './SamplesPage.module.css';

const noneLikeThat = (sample: string) => ({
  title: `No ${sample} is like that`,
  text: 'Take a condition away to see more.',
});
const noneYet = (words: TaskWords) => ({
  title: `No ${words.sample}s yet`,
  text: 'Bring some in, with labels or without. “spotter formats” lists what can be read.',
  command: words.bringIn,
});

const kTiles = { small: 160, middle: 224, large: 340 };
type TileSize = keyof typeof kTiles;

/** Models with the evaluation that is laid over their predictions: the newest one of each. */
function useModelChoices() {
  const models = useQuery(modelsQuery).data?.models;
  const evaluations = useQuery(evaluationsQuery).data?.evaluations;
  return useMemo(() => looks(models ?? [], evaluations ?? []), [models, evaluations]);
}

function useGridKeys(looking: Looking, total: number) {
  const [chosen, setChosen] = useState(-1);
  const [columns, setColumns] = useState(1);
  const navigate = useNavigate();
  const first = useQuery(samplesPageQuery(looking, 0)).data;
  const move = (by: number) => () =>
    setChosen((at) => Math.min(total - 1, Math.max(0, at < 0 ? 0 : at + by)));
  const open = () => {
    const tile = document.querySelector<HTMLAnchorElement>(`a[data-at="${chosen}"]`);
    if (tile) tile.click();
    else if (first?.samples[0] && chosen < 0) {
      void navigate({
        to: '/samples/$sample',
        params: { sample: first.samples[0].key },
        search: { ...looking, at: 0 },
      });
    }
  };
  useShortcuts([
    { keys: 'ArrowRight', title: 'Next picture', run: move(1) },
    { keys: 'ArrowLeft', title: 'Picture before', run: move(-1) },
    { keys: 'ArrowDown', title: 'One row down', run: move(columns) },
    { keys: 'ArrowUp', title: 'One row up', run: move(-columns) },
    { keys: 'Enter', title: 'Open the picture', run: open },
    { keys: '/', title: 'Write a filter', run: () => document.getElementById('filter')?.focus() },
  ]);
  return { chosen, setColumns };
}

type Search = LookingSearch;

interface BarProps {
  search: Search;
  looking: Looking;
  change: (next: Partial<Search>) => void;
}

const given = (value: string) => (value === '' ? undefined : value);

function Bar({ search, looking, change }: BarProps) {
  const choices = useModelChoices();
  const words = useWords();
  return (
    <div className={styles.bar}>
      <FilterBar where={search.where ?? ''} onChange={(where) => change({ where: given(where) })} />
      <Choice
        label="Model"
        value={choices.valueOf(search)}
        options={choices.options}
        onChange={(value) =>
          change({ ...choices.searchOf(value), sort: undefined, show: undefined, class: undefined })
        }
      />
      {looking.evaluation !== undefined && (
        <Choice
          label="Show"
          value={search.show ?? ''}
          options={words.shows}
          onChange={(show) => change({ show: given(show) })}
        />
      )}
      <Choice
        label="Order"
        value={search.sort ?? 'key'}
        options={sorts(looking)}
        onChange={(sort) => change({ sort: sort === 'key' ? undefined : sort })}
      />
    </div>
  );
}

function SizeChoice({ size, onChange }: { size: TileSize; onChange: (size: TileSize) => void }) {
  const options = [
    { value: 'small', label: 'Small' },
    { value: 'middle', label: 'Middle' },
    { value: 'large', label: 'Large' },
  ];
  return <Choice label="Size" value={size} options={options} onChange={(v) => onChange(v as TileSize)} />;
}

export function SamplesPage() {
  const task = useTask();
  const words = taskWords(task);
  const search = useSearch({ from: '/samples' });
  const navigate = useNavigate({ from: '/samples' });
  const [size, setSize] = useState<TileSize>('middle');
  const looking = useMemo(() => lookingOf(search), [search]);
  const shown = useMemo(() => shownOf(search, task), [search, task]);
  const total = useQuery(samplesPageQuery(looking, 0)).data?.total;
  const change = useCallback(
    (next: Partial<Search>) => void navigate({ search: (before) => ({ ...before, ...next }), replace: true }),
    [navigate],
  );
  const { chosen, setColumns } = useGridKeys(looking, total ?? 0);
  return (
    <Page
      wide
      title="Samples"
      lead={total === undefined ? '\u00a0' : plural(total, words.sample)}
      actions={<SizeChoice size={size} onChange={setSize} />}
    >
      <Bar search={search} looking={looking} change={change} />
      <div className={styles.legend}>
        <Legend kinds={legendOf(looking)} />
        {looking.model !== undefined && task === 'detection' && (
          <ScoreSlider value={shown.scoreMin} onChange={(score) => change({ score })} />
        )}
      </div>
      <SampleGrid
        looking={looking}
        shown={shown}
        tileWidth={kTiles[size]}
        chosen={chosen}
        onColumns={setColumns}
        empty={search.where || search.show ? noneLikeThat(words.sample) : noneYet(words)}
      />
    </Page>
  );
}

/** One picture with its boxes and everything known about it; arrow keys go through the list it came from. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, Flag } from 'lucide-react';
import { useMemo, useState } from 'react';
import {
  type Looking,
  type SampleDetail,
  kPageSize,
  mediaUrl,
  sampleQuery,
  samplesPageQuery,
} from '../../api/samples';
import { useShortcuts } from '../../commands/shortcuts';
import { Legend } from '../../draw/Legend';
import { Picture } from '../../draw/Picture';
import { type Mark, marksOf, tally } from '../../draw/marks';
import { grouped } from '../../lib/format';
import { taskWords, useTask } from '../../draw/task';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Page';
import { Loaded } from '../../ui/States';
import { FlagDialog } from './FlagDialog';
import { kScoreMin, legendOf, lookingOf } from './looking';
import { SampleFacts } from './SampleFacts';
import { ScoreSlider } from './ScoreSlider';
import styles from './SamplePage.module.css';

function useKeyAt(looking: Looking, at: number | undefined): string | undefined {
  const page = Math.floor(Math.max(0, at ?? 0) / kPageSize);
  const query = useQuery({ ...samplesPageQuery(looking, page), enabled: at !== undefined && at >= 0 });
  const data = query.data;
  return at === undefined || at < 0 ? undefined : data?.samples[at - data.offset]?.key;
}

/** Before and after in the list that the picture was opened from. */
function useNeighbours() {
  const search = useSearch({ from: '/samples/$sample' });
  const looking = useMemo(() => lookingOf(search), [search]);
  const navigate = useNavigate();
  const at = search.at;
  const total = useQuery({ ...samplesPageQuery(looking, 0), enabled: at !== undefined }).data?.total;
  const before = useKeyAt(looking, at === undefined ? undefined : at - 1);
  const after = useKeyAt(looking, at === undefined ? undefined : at + 1);
  const go = (key: string | undefined, by: number) => () => {
    if (key === undefined || at === undefined) return;
    void navigate({
      to: '/samples/$sample',
      params: { sample: key },
      search: { ...search, at: at + by },
      replace: true,
    });
  };
  return {
    at,
    total,
    search,
    looking,
    before: go(before, -1),
    after: go(after, 1),
    hasBefore: before,
    hasAfter: after,
  };
}

/** More names than these would hide the picture; the one pointed at is always named. */
const kTextsMax = 12;

interface StageProps {
  sample: SampleDetail;
  marks: Mark[];
  chosen: number;
  onChoose: (mark: number) => void;
}

function Stage({ sample, marks, chosen, onChoose }: StageProps) {
  return (
    <div className={styles.stage}>
      <Picture
        src={mediaUrl(sample)}
        size={sample}
        marks={marks}
        alt={sample.key}
        width={2}
        texts={marks.length <= kTextsMax}
        chosen={chosen}
        track={sample.track}
        onChoose={onChoose}
      />
    </div>
  );
}

function Place({ list }: { list: ReturnType<typeof useNeighbours> }) {
  const { at, total } = list;
  return (
    <>
      <Link to="/samples" search={{ ...list.search, at: undefined } as never}>
        Samples
      </Link>
      {at !== undefined && total !== undefined && (
        <span>
          {grouped(at + 1)} of {grouped(total)}
        </span>
      )}
    </>
  );
}

export function SamplePage() {
  const { sample: key } = useParams({ from: '/samples/$sample' });
  const list = useNeighbours();
  const task = useTask();
  const { sample: thing } = taskWords(task);
  const navigate = useNavigate();
  const { model, evaluation, layer } = list.looking;
  const query = useQuery(sampleQuery(key, { model, evaluation, layer }));
  const [hidden, setHidden] = useState({ labels: false, predictions: false });
  const [score, setScore] = useState(list.search.score ?? kScoreMin);
  const [chosen, setChosen] = useState(-1);
  const [flagging, setFlagging] = useState(false);
  const toggle = (what: 'labels' | 'predictions') => () => setHidden((h) => ({ ...h, [what]: !h[what] }));
  useShortcuts([
    { keys: 'ArrowRight', title: `Next ${thing}`, run: list.after },
    { keys: 'ArrowLeft', title: `The ${thing} before`, run: list.before },
    { keys: 'l', title: 'Hide or show labels', run: toggle('labels') },
    { keys: 'p', title: 'Hide or show what the model says', run: toggle('predictions') },
    { keys: 'f', title: `Flag this ${thing}`, run: () => setFlagging(true) },
    {
      keys: 'Escape',
      title: 'Back to the grid',
      run: () => void navigate({ to: '/samples', search: { ...list.looking } }),
    },
  ]);
  const marks = useMemo(
    () =>
      query.data
        ? marksOf(query.data, {
            labels: !hidden.labels,
            predictions: !hidden.predictions,
            scoreMin: task === 'detection' ? score : 0,
          })
        : [],
    [query.data, hidden, score, task],
  );
  return (
    <Page
      wide
      title={key}
      above={<Place list={list} />}
      actions={
        <>
          <Button icon={<Flag />} onClick={() => setFlagging(true)} keys="F">
            Flag
          </Button>
          <Button
            icon={<ChevronLeft />}
            aria-label={`The ${thing} before`}
            disabled={!list.hasBefore}
            onClick={list.before}
          />
          <Button
            icon={<ChevronRight />}
            aria-label={`Next ${thing}`}
            disabled={!list.hasAfter}
            onClick={list.after}
          />
        </>
      }
    >
      <Loaded query={query}>
        {(sample) => (
          <div className={styles.body}>
            <div className={styles.left}>
              <Stage sample={sample} marks={marks} chosen={chosen} onChoose={setChosen} />
              <div className={styles.under}>
                <Legend kinds={legendOf(list.looking)} counts={tally(marks)} />
                {model !== undefined && task === 'detection' && (
                  <ScoreSlider value={score} onChange={setScore} />
                )}
              </div>
            </div>
            <SampleFacts sample={sample} marks={marks} chosen={chosen} onChoose={setChosen} />
          </div>
        )}
      </Loaded>
      <FlagDialog open={flagging} sample={key} onClose={() => setFlagging(false)} />
    </Page>
  );
}
